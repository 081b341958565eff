import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync } from 'node:fs'
import { basename, dirname, join, relative, resolve } from 'node:path'
import type { Plugin } from 'vite'
import { quickPasswordsFile, useQuickPasswords } from './use-quick-passwords.ts'

const root = resolve(import.meta.dirname, '../..')
const cache = join(root, 'node_modules/.cache/built')
/** Builds that were not used for so long go, milliseconds. */
const keptMs = 3_600_000

/**
 * Puts the sources of `postern` and its dependencies into few files, with the same entry, and gives the path of that
 * entry. A process of it starts with half the work: Node resolves, strips and links hundreds of files otherwise. What is
 * built is kept by the hash of its sources and of where they lie, which is built into it: a copy of the folder would
 * serve the page of the original otherwise.
 */
export async function buildPostern(): Promise<string> {
  const sources = listSources()
  const folder = join(cache, hashOf(sources))
  const entry = join(folder, 'main.mjs')
  if (existsSync(entry)) {
    utimesSync(folder, new Date(), new Date())
    return entry
  }
  const draft = `${folder}-${process.pid}`
  const { build } = await import('vite')
  await build({
    configFile: false,
    root,
    logLevel: 'warn',
    plugins: [keepPlaces, useQuickPasswords],
    // In one file, a part of simplewebauthn would run before the polyfill that it needs.
    ssr: { noExternal: true, external: ['pkcs11js', '@simplewebauthn/server'] },
    build: {
      ssr: true,
      outDir: draft,
      minify: false,
      target: 'node24',
      copyPublicDir: false,
      rolldownOptions: {
        input: Object.fromEntries(sources.filter(isEntry).map((path) => [basename(path, '.ts'), path])),
        external: ['pg-native', /^@simplewebauthn\/server/],
        output: { entryFileNames: '[name].mjs', chunkFileNames: '[name]-[hash].mjs' },
      },
    },
  })
  removeOld()
  try {
    renameSync(draft, folder)
  } catch {
    // Another run has built the same meanwhile.
    rmSync(draft, { recursive: true })
  }
  return entry
}

/** A file finds the page and the package from where its source lies, and its threads beside what was built. */
const keepPlaces: Plugin = {
  name: 'keep-places',
  enforce: 'pre',
  transform: (code, id) =>
    id.startsWith(join(root, 'src/'))
      ? code
          .replaceAll(
            /new URL\('\.\/([\w-]+)\.ts', import\.meta\.url\)/g,
            "new URL('./$1.mjs', import.meta.url)",
          )
          .replaceAll('import.meta.dirname', JSON.stringify(dirname(id)))
      : undefined,
}

/** What runs in a process or a thread of its own. */
const isEntry = (path: string) => path === join(root, 'src/main.ts') || path.endsWith('-worker.ts')

function listSources(): string[] {
  return readdirSync(join(root, 'src'), { recursive: true, withFileTypes: true })
    .filter((file) => file.isFile() && !file.name.endsWith('.test.ts'))
    .map((file) => join(file.parentPath, file.name))
    .toSorted()
}

function hashOf(sources: readonly string[]): string {
  const hash = createHash('sha256').update(root)
  const means = [join(root, 'package-lock.json'), import.meta.filename, quickPasswordsFile]
  for (const file of [...means, ...sources]) hash.update(relative(root, file)).update(readFileSync(file))
  return hash.digest('hex').slice(0, 16)
}

function removeOld(): void {
  for (const name of readdirSync(cache)) {
    const path = join(cache, name)
    if (Date.now() - statSync(path).mtimeMs > keptMs) rmSync(path, { recursive: true })
  }
}
