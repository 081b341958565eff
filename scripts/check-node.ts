import { writeFileSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { compareNode } from './compare-node.ts'

/** Compares the Node of node_modules with the published release: from nodejs.org, or from the given files. */
const { values } = parseArgs({
  options: { checksums: { type: 'string' }, archive: { type: 'string' } },
})
const { version, arch, platform } = process
const name = `node-${version}-${platform}-${arch}.tar.gz`

async function download(file: string, folder: string): Promise<string> {
  const address = `https://nodejs.org/dist/${version}/${file}`
  const answer = await fetch(address)
  if (!answer.ok) throw new Error(`${address} answers ${answer.status}.`)
  const path = join(folder, file)
  writeFileSync(path, new Uint8Array(await answer.arrayBuffer()))
  return path
}

try {
  const folder = await mkdtemp(join(tmpdir(), 'postern-release-'))
  const checksums = values.checksums ?? (await download('SHASUMS256.txt', folder))
  const archive = values.archive ?? (await download(name, folder))
  const digest = compareNode({ checksums, archive, program: process.execPath })
  process.stdout.write(`${process.execPath} is the program of the release ${version}: SHA-256 ${digest}\n`)
} catch (error) {
  process.stderr.write(`postern: error: ${(error as Error).message}\n`)
  process.stderr.write(
    `postern: hint: without access to nodejs.org give --checksums SHASUMS256.txt and --archive ${name} of https://nodejs.org/dist/${version}/\n`,
  )
  process.exitCode = 1
}
