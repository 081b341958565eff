import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { describeParts } from '../package/bill-of-materials.ts'
import { fillPackage, readOwn, root } from '../package/fill-package.ts'
import { setModes, toTar } from '../package/make-archive.ts'
import { fetchDebianPackages } from './debian-packages.ts'
import { describeBase } from './describe-base.ts'
import { basePackages, fillBase, userId } from './fill-base.ts'
import { writeOciLayout } from './oci-image.ts'

/** The time of the image and its files: that of the files of the archive. */
const created = '1985-10-26T08:15:00Z'
const data = 'var/lib/postern'

const own = readOwn()
const { version } = own
const { values } = parseArgs({ options: { output: { type: 'string' } } })
const file = resolve(values.output ?? `postern-${version}-oci.tar`)

/** What a container of the image is: OCI image specification, config.md. */
const config = {
  User: `${userId}:${userId}`,
  Env: ['PATH=/usr/bin', `POSTERN_DATA=/${data}`],
  Entrypoint: ['/usr/bin/node', '/opt/postern/src/main.js'],
  Cmd: ['serve'],
  WorkingDir: `/${data}`,
  Volumes: { [`/${data}`]: {} },
  ExposedPorts: { '3000/tcp': {}, '8080/tcp': {}, '8443/tcp': {}, '9300/tcp': {} },
  StopSignal: 'SIGTERM',
}

/** Below the program of Postern: Node, libraries, and the bill of materials of all. Returns that bill. */
async function fillLayers(folder: { base: string; program: string; data: string }): Promise<string> {
  const packages = fetchDebianPackages(basePackages, join(temporary, 'debian'))
  fillBase(folder.base, process.execPath, packages)
  const used = await fillPackage(join(folder.program, 'opt/postern'))
  const bill = describeParts(own, used, root, describeBase(process.execPath, packages))
  const text = `${JSON.stringify(bill, null, 2)}\n`
  mkdirSync(join(folder.program, 'usr/share/sbom'), { recursive: true })
  writeFileSync(join(folder.program, 'usr/share/sbom/postern.cdx.json'), text)
  setModes(folder.program)
  mkdirSync(join(folder.data, data), { recursive: true })
  chmodSync(join(folder.data, data), 0o700)
  return text
}

// Modes of folders do not come from this process.
process.umask(0o022)
const temporary = mkdtempSync(join(tmpdir(), 'postern-image-'))
try {
  const [base, program, ownFolders, image] = ['base', 'program', 'data', 'image'].map((name) =>
    join(temporary, name),
  ) as [string, string, string, string]
  for (const folder of [base, program, ownFolders, image]) mkdirSync(folder, { mode: 0o755 })
  const bill = await fillLayers({ base, program, data: ownFolders })
  const digest = writeOciLayout(image, {
    layers: [toTar(base, '.'), toTar(program, '.'), toTar(ownFolders, data, userId)],
    ...{ architecture: process.arch === 'x64' ? 'amd64' : process.arch, name: 'postern', version },
    ...{ created, config },
    annotations: {
      'org.opencontainers.image.title': 'Postern',
      'org.opencontainers.image.version': version,
      'org.opencontainers.image.licenses': 'MIT',
    },
  })
  writeFileSync(file, toTar(image, '.'))
  writeFileSync(file.replace(/(\.tar)?$/, '.cdx.json'), bill)
  process.stdout.write(`${digest}  ${file}\n`)
} finally {
  rmSync(temporary, { recursive: true, force: true })
}
