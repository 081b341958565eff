import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { PosternError } from '../errors.ts'
import type { ConfigFile } from './config-file.ts'
import { parseConfigFile } from './parse-config-file.ts'
import type { SecretFile } from './private-file.ts'

/** The settings of the process: the configuration file and the environment variables. */
export interface Settings {
  file: ConfigFile
  /** Base folder of relative paths in the file. */
  baseFolder: string
  variables: Variables
}

/** The variable with the URL of a replica from which gateways read. */
export const readUrlVariable = 'POSTERN_DATABASE_READ_URL'

/**
 * The environment variables of Postern. A secret may come from a file that the variable with `_FILE` names.
 */
export interface Variables {
  data: string | undefined
  portalPort: number | undefined
  publicPort: number | undefined
  /** `production=9443,staging=9444` */
  gatewayPorts: Map<string, number>
  databaseUrl: string | undefined
  databaseReadUrl: string | undefined
  smtpPassword: string | undefined
  authorityKey: string | undefined
  authorityKeySecond: string | undefined
  gatewayKey: string | undefined
  gatewayKeySecond: string | undefined
  publicationKey: string | undefined
  publicationKeySecond: string | undefined
  sessionKey: string | undefined
  authorizerSecret: string | undefined
  tokenPin: string | undefined
  /** For the file to which the root's key is exported. */
  rootPassphrase: string | undefined
  /** The files that contained secrets. */
  secretFiles: SecretFile[]
}

/**
 * Reads `postern.yaml` (or the file in POSTERN_CONFIG) and the environment variables. Throws `config_invalid`
 * if one of them is invalid.
 */
export function readSettings(environment: NodeJS.ProcessEnv = process.env): Settings {
  const named = environment.POSTERN_CONFIG
  const path = resolve(named ?? 'postern.yaml')
  if (named !== undefined && !existsSync(path)) {
    throw new PosternError('config_invalid', `POSTERN_CONFIG names ${path}, which does not exist.`)
  }
  return {
    file: parseConfigFile(existsSync(path) ? readConfigFile(path) : '', path),
    baseFolder: process.cwd(),
    variables: readVariables(environment),
  }
}

/** Returns the text of the configuration file; null if there is none. Throws `config_invalid`. */
export function findConfigText(environment: NodeJS.ProcessEnv = process.env): string | null {
  const path = resolve(environment.POSTERN_CONFIG ?? 'postern.yaml')
  return existsSync(path) ? readConfigFile(path) : null
}

function readConfigFile(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    const reason = (cause as NodeJS.ErrnoException).code
    throw new PosternError('config_invalid', `${path} cannot be read (${reason}).`, { cause })
  }
}

function readVariables(environment: NodeJS.ProcessEnv): Variables {
  return {
    data: environment.POSTERN_DATA,
    portalPort: readPort(environment, 'POSTERN_PORTAL_PORT'),
    publicPort: readPort(environment, 'POSTERN_PUBLIC_PORT'),
    gatewayPorts: readPorts(environment.POSTERN_GATEWAY_PORTS),
    databaseUrl: readSecret(environment, 'POSTERN_DATABASE_URL'),
    databaseReadUrl: readSecret(environment, readUrlVariable),
    smtpPassword: readSecret(environment, 'POSTERN_SMTP_PASSWORD'),
    authorityKey: readSecret(environment, 'POSTERN_AUTHORITY_KEY'),
    authorityKeySecond: readSecret(environment, 'POSTERN_AUTHORITY_KEY_SECOND'),
    gatewayKey: readSecret(environment, 'POSTERN_GATEWAY_KEY'),
    gatewayKeySecond: readSecret(environment, 'POSTERN_GATEWAY_KEY_SECOND'),
    publicationKey: readSecret(environment, 'POSTERN_PUBLICATION_KEY'),
    publicationKeySecond: readSecret(environment, 'POSTERN_PUBLICATION_KEY_SECOND'),
    sessionKey: readSecret(environment, 'POSTERN_SESSION_KEY'),
    authorizerSecret: readSecret(environment, 'POSTERN_AUTHORIZER_SECRET'),
    tokenPin: readSecret(environment, 'POSTERN_PKCS11_PIN'),
    rootPassphrase: readSecret(environment, 'POSTERN_ROOT_PASSPHRASE'),
    secretFiles: listFilesOf(environment),
  }
}

/** Returns the files that variables of secrets name. */
const listFilesOf = (environment: NodeJS.ProcessEnv): SecretFile[] =>
  Object.entries(environment).flatMap(([setting, path]) =>
    /^POSTERN_\w+_FILE$/.test(setting) && path ? [{ setting, path: resolve(path) }] : [],
  )

function readPort(environment: NodeJS.ProcessEnv, name: string): number | undefined {
  const text = environment[name]
  return text === undefined ? undefined : parsePort(text, name)
}

function parsePort(text: string, name: string): number {
  const port = Number(text)
  if (Number.isInteger(port) && port >= 1 && port <= 65_535) return port
  throw new PosternError('config_invalid', `${name} must be a port from 1 to 65535.`)
}

function readPorts(text: string | undefined): Map<string, number> {
  const ports = new Map<string, number>()
  for (const part of (text ?? '').split(',').filter((entry) => entry.trim() !== '')) {
    const [name = '', port = ''] = part.split('=')
    ports.set(name.trim(), parsePort(port, 'POSTERN_GATEWAY_PORTS'))
  }
  return ports
}

function readSecret(environment: NodeJS.ProcessEnv, name: string): string | undefined {
  const file = environment[`${name}_FILE`]
  if (file !== undefined && environment[name] !== undefined) {
    throw new PosternError('config_invalid', `Set ${name} or ${name}_FILE, not both.`)
  }
  if (file === undefined) return environment[name]
  try {
    return readFileSync(file, 'utf8').trim()
  } catch (error) {
    throw new PosternError('config_invalid', `${name}_FILE names a file that cannot be read.`, {
      cause: error,
    })
  }
}
