import { createRequire } from 'node:module'
import type * as Pkcs11 from 'pkcs11js'
import { PosternError } from '../errors.ts'

/** The package's constants of PKCS#11 and its class that opens a module. */
export type Pkcs11Api = typeof Pkcs11

/** Loads the package for PKCS#11 modules. Throws `config_invalid` if it is not installed or not compiled. */
export function loadPkcs11(): Pkcs11Api {
  try {
    return createRequire(import.meta.url)('pkcs11js')
  } catch (error) {
    throw new PosternError(
      'config_invalid',
      `Keys in an HSM need the package pkcs11js, which is not compiled here. Run: npm rebuild pkcs11js --nodedir="$PWD/node_modules/node-${process.platform}-${process.arch}" (it needs python3, make and a C++ compiler), then start again.`,
      { cause: error },
    )
  }
}
