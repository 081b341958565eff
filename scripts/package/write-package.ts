import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { fillPackage, readOwn } from './fill-package.ts'
import { makeArchive } from './make-archive.ts'

const { values } = parseArgs({ options: { output: { type: 'string' } } })
const { version } = readOwn()
const file = resolve(values.output ?? `postern-${version}.tgz`)
const temporary = mkdtempSync(join(tmpdir(), 'postern-package-'))
try {
  const folder = join(temporary, `postern-${version}`)
  const packages = await fillPackage(folder)
  makeArchive(folder, file)
  const digest = createHash('sha256').update(readFileSync(file)).digest('hex')
  process.stdout.write(`${digest}  ${file}\n${packages.length} packages beside Postern\n`)
} finally {
  rmSync(temporary, { recursive: true, force: true })
}
