import { realpathSync } from 'node:fs'
import { build } from 'vite'

/** What an operator can add, or what a library looks for and does without. */
const optional = ['pkcs11js', 'pg-native']

/**
 * Returns the file of every module that the entries import, directly or through others, statically or when it is
 * needed: a bundler resolves each import as Node does. Throws if an import leads nowhere.
 */
export async function findModules(entries: readonly string[], root: string): Promise<string[]> {
  const found = new Set<string>()
  await build({
    configFile: false,
    root,
    logLevel: 'error',
    plugins: [
      {
        name: 'find-modules',
        buildEnd() {
          for (const id of this.getModuleIds()) found.add(toFile(id))
        },
      },
    ],
    resolve: { mainFields: ['main'] },
    ssr: { noExternal: true, external: optional, resolve: { conditions: ['node', 'import', 'default'] } },
    build: {
      ssr: true,
      write: false,
      minify: false,
      copyPublicDir: false,
      rolldownOptions: { input: [...entries], external: optional },
    },
  })
  return [...found].filter((file) => file.startsWith('/')).map((file) => realpathSync(file))
}

/** Without what the bundler adds to the path of a module. */
const toFile = (id: string): string => id.replace(/^\0/, '').replace(/\?.*$/, '')
