import { mkdirSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describeParts } from './bill-of-materials.ts'
import { copyPackages, copyPart, type UsedPackage } from './copy-packages.ts'
import { findModules } from './find-modules.ts'
import { stripSources } from './strip-sources.ts'

/** The repository. */
export const root = resolve(import.meta.dirname, '../..')
const parts = ['LICENSE', 'CHANGELOG.md', 'SECURITY.md', 'deploy', 'ui/dist']

/** The description of the package without what only a checkout needs, with the packages that are in it. */
function describe(own: Record<string, unknown>, packages: readonly UsedPackage[]): object {
  const { name, version, description, license } = own
  const direct = Object.keys(own.dependencies as object)
  const found = packages.filter(({ name, path }) => direct.includes(name) && path === `node_modules/${name}`)
  return {
    ...{ name, version, description, license, type: 'module', private: true },
    bin: { postern: 'src/main.js' },
    // It is a program: nothing of it is for other programs to import.
    exports: { './package.json': './package.json' },
    engines: { node: '>=24' },
    dependencies: Object.fromEntries(found.map(({ name, version }) => [name, version])),
    bundleDependencies: found.map(({ name }) => name),
  }
}

/** Puts everything that `postern` needs beside Node into the new `folder`. Returns the packages in it. */
export async function fillPackage(folder: string): Promise<UsedPackage[]> {
  mkdirSync(folder, { recursive: true })
  const stripped = stripSources(join(root, 'src'), join(folder, 'src'))
  const entries = stripped.filter((file) => /(\/src\/main|-worker)\.js$/.test(file))
  // Imports are resolved from where the sources are.
  const link = join(folder, 'node_modules')
  symlinkSync(join(root, 'node_modules'), link)
  const modules = await findModules(entries, folder)
  rmSync(link)
  const used = new Set(modules)
  const unused = stripped.filter((file) => file.endsWith('.js') && !used.has(realpathSync(file)))
  for (const file of unused) rmSync(file)
  const packages = copyPackages(modules, root, folder)
  for (const part of parts) copyPart(part, root, folder)
  const own = readOwn()
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(describe(own, packages), null, 2)}\n`)
  writeFileSync(join(folder, 'bom.json'), `${JSON.stringify(describeParts(own, packages, root), null, 2)}\n`)
  return packages
}

/** Returns the package.json of the repository. */
export const readOwn = (): Record<string, unknown> & { version: string } =>
  JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
