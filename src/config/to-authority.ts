import { resolve } from 'node:path'
import { PosternError } from '../errors.ts'
import type { Config } from './config.ts'
import type { ConfigFile } from './config-file.ts'

/**
 * Returns the location of the certificate authority's keys. Throws `config_invalid` if the token is not
 * named, or named twice.
 */
export function toAuthority({ authority }: ConfigFile, baseFolder: string): Config['authority'] {
  const { keys: location, algorithm, pkcs11, offlineCrlDays } = authority
  const newKeys = { location, algorithm }
  if (pkcs11 === undefined) {
    if (location === 'store') return { newKeys, token: null, offlineCrlDays }
    throw new PosternError(
      'config_invalid',
      'authority.keys is pkcs11 and authority.pkcs11 is missing: set authority.pkcs11.module and authority.pkcs11.token.',
    )
  }
  const { module, token = null, slot = null } = pkcs11
  if ((token === null) === (slot === null)) {
    throw new PosternError(
      'config_invalid',
      'authority.pkcs11.token and authority.pkcs11.slot both say which token it is: set one of them.',
    )
  }
  return { newKeys, token: { module: resolve(baseFolder, module), token, slot }, offlineCrlDays }
}
