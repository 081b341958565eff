import { cpSync, existsSync, readFileSync, statSync } from 'node:fs'
import { basename, join, relative } from 'node:path'

/** Types and maps of sources: Node reads neither. */
const unused = /\.(d\.[cm]?ts|map|tsbuildinfo|flow)$/

/** A package that the program needs. */
export interface UsedPackage {
  name: string
  version: string
  license: string
  /** Its folder, relative to the root. */
  path: string
}

/**
 * Copies the packages in which `files` lie, whole but for types and source maps, with their licenses. Returns them in
 * the order of their folders.
 */
export function copyPackages(files: readonly string[], root: string, to: string): UsedPackage[] {
  const folders = new Set(files.flatMap((file) => findFolder(relative(root, file)) ?? []))
  return [...folders].toSorted().map((path) => {
    const from = join(root, path)
    cpSync(from, join(to, path), {
      recursive: true,
      // A package inside of another is copied only if it is used itself.
      filter: (source) =>
        source === from || !(basename(source) === 'node_modules' || unused.test(basename(source))),
    })
    const { name, version, license } = JSON.parse(readFileSync(join(from, 'package.json'), 'utf8'))
    return { name, version, license, path }
  })
}

function findFolder(path: string): string | undefined {
  return /^.*node_modules\/(@[^/]+\/)?[^/]+/.exec(path)?.[0]
}

/** Copies a file or folder of the project. */
export function copyPart(name: string, root: string, to: string): void {
  const from = join(root, name)
  if (!existsSync(from)) throw new Error(`${from} is missing`)
  cpSync(from, join(to, name), { recursive: statSync(from).isDirectory() })
}
