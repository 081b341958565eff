import { join } from 'node:path'
import type { Plugin } from 'vite'

/** What stands in for the slow hashes of passwords. */
export const quickPasswordsFile = join(import.meta.dirname, 'quick-passwords.ts')

/**
 * Builds Postern with hashes of passwords that take no time: the slow ones take a tenth of a second of a core for each
 * user that a test has and for each sign-in. Postern itself has no setting for that; `sources` run with the slow ones.
 */
export const useQuickPasswords: Plugin = {
  name: 'use-quick-passwords',
  enforce: 'pre',
  resolveId: (name, importer) =>
    name === 'better-auth/crypto' && importer?.endsWith('/src/accounts/password-store.ts')
      ? quickPasswordsFile
      : undefined,
}
