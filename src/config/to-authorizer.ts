import { resolve } from 'node:path'
import { PosternError } from '../errors.ts'
import type { AuthorizerAddress, Config } from './config.ts'
import type { ConfigFile } from './config-file.ts'

type Settings = NonNullable<ConfigFile['authorizer']>

const loopback = ['127.0.0.1', '::1', 'localhost']
/** Long enough to resist guessing, with characters that every reverse proxy configuration can contain. */
const usableSecret = /^[A-Za-z0-9+/=_.~-]{32,200}$/

/**
 * Returns the address for authorization requests of reverse proxies; null if it is not configured. Throws
 * `config_invalid` for contradictory settings.
 */
export function toAuthorizer({ authorizer }: ConfigFile, baseFolder: string): AuthorizerAddress | null {
  if (authorizer === undefined) return null
  const { host, port, socketPath, socketMode } = authorizer
  const tls = toTls(authorizer, baseFolder)
  if ((port === undefined) === (socketPath === undefined)) {
    throw new PosternError(
      'config_invalid',
      'authorizer.port and authorizer.socketPath stand for each other: set one of them.',
    )
  }
  if (socketPath !== undefined) {
    if (tls === null)
      return { socketPath: resolve(baseFolder, socketPath), socketMode: Number.parseInt(socketMode, 8) }
    throw new PosternError(
      'config_invalid',
      'authorizer.socketPath is set, and authorizer.certificate, which is for edges on other machines. Set authorizer.port in place of authorizer.socketPath, or leave the certificate out.',
    )
  }
  if (tls === null && !loopback.includes(host)) {
    throw new PosternError(
      'config_invalid',
      `authorizer.host is ${host}, which others can reach: whoever asks there is believed. Use 127.0.0.1, or set authorizer.certificate, authorizer.key and authorizer.clientCa, so that only your edges can ask.`,
    )
  }
  return { host, port: port as number, tls }
}

function toTls({ certificate, key, clientCa }: Settings, baseFolder: string) {
  if (certificate !== undefined && key !== undefined && clientCa !== undefined) {
    return {
      certificateFile: resolve(baseFolder, certificate),
      keyFile: resolve(baseFolder, key),
      clientCaFile: resolve(baseFolder, clientCa),
    }
  }
  if (certificate === undefined && key === undefined && clientCa === undefined) return null
  throw new PosternError(
    'config_invalid',
    'authorizer.certificate, authorizer.key and authorizer.clientCa go together: set all or none.',
  )
}

/**
 * Returns the secret of authorization requests; null if none is required. Throws `config_invalid` for one
 * that is too short, and in the production profile if every program on the machine could send requests
 * without one.
 */
export function toAuthorizerSecret(
  { profile, authorizer }: Config,
  given: string | undefined,
): string | null {
  if (authorizer === null) return null
  if (given !== undefined) {
    if (usableSecret.test(given)) return given
    throw new PosternError(
      'config_invalid',
      'POSTERN_AUTHORIZER_SECRET must have 32 to 200 letters, digits or marks of base64. Make one with openssl rand -base64 32.',
    )
  }
  const isOpen = 'port' in authorizer && authorizer.tls === null
  if (profile !== 'production' || !isOpen) return null
  throw new PosternError(
    'config_invalid',
    'authorizer.port is open to every program on this machine. Set authorizer.socketPath in its place, or give POSTERN_AUTHORIZER_SECRET or POSTERN_AUTHORIZER_SECRET_FILE, the secret that your edges send.',
  )
}
