import { chmodSync, copyFileSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import type { DebianPackage } from './debian-packages.ts'

/** The user and the group that Postern runs as: no distribution gives this number to another. */
export const userId = 65532

/** The packages with the libraries that the program of Node links to. */
export const basePackages = ['libc6', 'libgcc-s1', 'libstdc++6']

/** Where the program of Node names its loader, and the name of the folder of its libraries. */
const places: Partial<Record<NodeJS.Architecture, { loader: string; libraries: string }>> = {
  x64: { loader: 'usr/lib64/ld-linux-x86-64.so.2', libraries: 'usr/lib/x86_64-linux-gnu' },
  arm64: { loader: 'usr/lib/ld-linux-aarch64.so.1', libraries: 'usr/lib/aarch64-linux-gnu' },
}

/** What Node links to, and what the C library loads to look up a name. */
const libraries = [
  ...['libc.so.6', 'libdl.so.2', 'libm.so.6', 'libpthread.so.0', 'librt.so.1'],
  ...['libgcc_s.so.1', 'libstdc++.so.6', 'libnss_dns.so.2', 'libnss_files.so.2', 'libresolv.so.2'],
]

const texts: Record<string, string> = {
  'etc/passwd': `root:x:0:0:root:/:/nonexistent\npostern:x:${userId}:${userId}:Postern:/var/lib/postern:/nonexistent\n`,
  'etc/group': `root:x:0:\npostern:x:${userId}:\n`,
  'etc/nsswitch.conf': 'passwd: files\ngroup: files\nhosts: files dns\n',
}

/**
 * Puts what Postern needs below it into `folder`: the program of Node, the libraries that it links to, their licenses,
 * and the files in which a system names its users. No shell and no package manager. Throws if a library is missing, or
 * on a processor for which there is no image.
 */
export function fillBase(folder: string, node: string, packages: readonly DebianPackage[]): void {
  const place = places[process.arch]
  if (place === undefined) throw new Error(`There is no image for ${process.arch}: only for x64 and arm64.`)
  const files = packages.flatMap((one) =>
    readdirSync(one.folder, { recursive: true, encoding: 'utf8' }).map((name) => join(one.folder, name)),
  )
  const find = (name: string): string => {
    // The loader also lies below a link to its own path.
    const found = files.find((file) => basename(file) === name && /\/lib\/[^/]+-linux-gnu\/[^/]+$/.test(file))
    if (found === undefined) throw new Error(`No package of Debian has ${name}.`)
    return found
  }
  for (const [name, text] of Object.entries(texts)) write(join(folder, name), text)
  for (const { name, license } of packages)
    if (license !== null) write(join(folder, 'usr/share/doc', name, 'copyright'), license)
  copyProgram(node, join(folder, 'usr/bin/node'))
  copyProgram(find(basename(place.loader)), join(folder, place.loader))
  for (const name of libraries) copyProgram(find(name), join(folder, place.libraries, name))
  for (const name of ['lib', 'lib64']) {
    mkdirSync(join(folder, 'usr', name), { recursive: true })
    symlinkSync(`usr/${name}`, join(folder, name))
  }
}

function write(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, text, { mode: 0o644 })
}

function copyProgram(from: string, to: string): void {
  mkdirSync(dirname(to), { recursive: true })
  copyFileSync(from, to)
  chmodSync(to, 0o755)
}
