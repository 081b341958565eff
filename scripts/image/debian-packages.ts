import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { basename, join } from 'node:path'

/** A package of Debian, unpacked. */
export interface DebianPackage {
  name: string
  version: string
  architecture: string
  /** The digest of the archive that apt has checked against the signed list of its release, in hex. */
  sha256: string
  /** The folder with its files. */
  folder: string
  /** Its license; null where another package has it. */
  license: string | null
}

/**
 * Downloads the newest version of each package that apt knows into `folder`, and those that have their licenses, and
 * unpacks them there without running any of their scripts. Throws an error with what apt said, for example where this
 * machine has no list of packages.
 */
export function fetchDebianPackages(names: readonly string[], folder: string): DebianPackage[] {
  const packages = download(names, folder)
  const others = packages.filter(({ license }) => license === null).map(findLicensed)
  const further = [...new Set(others)].filter((name) => !names.includes(name))
  return further.length === 0 ? packages : [...packages, ...download(further, join(folder, 'licenses'))]
}

/** The package whose license a package has: their folders of documents are one. */
const findLicensed = ({ name, folder }: DebianPackage): string =>
  basename(readlinkSync(join(folder, 'usr/share/doc', name)))

function download(names: readonly string[], folder: string): DebianPackage[] {
  mkdirSync(folder, { recursive: true })
  execFileSync('apt-get', ['download', '--quiet', '--quiet', ...names], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, LC_ALL: 'C' },
  })
  return readdirSync(folder)
    .filter((file) => file.endsWith('.deb'))
    .sort()
    .map((file) => unpack(join(folder, file)))
}

function unpack(file: string): DebianPackage {
  const format = `--showformat=${['Package', 'Version', 'Architecture'].map((field) => `\${${field}}\\n`).join('')}`
  const shown = execFileSync('dpkg-deb', ['--show', format, file], { encoding: 'utf8' })
  const [name = '', version = '', architecture = ''] = shown.split('\n')
  const folder = `${file}.files`
  execFileSync('dpkg-deb', ['--extract', file, folder])
  const sha256 = createHash('sha256').update(readFileSync(file)).digest('hex')
  const license = join(folder, 'usr/share/doc', name, 'copyright')
  return {
    ...{ name, version, architecture, sha256, folder },
    license: existsSync(license) ? readFileSync(license, 'utf8') : null,
  }
}
