import { isIPv6 } from 'node:net'
import { resolve } from 'node:path'
import { foldPath, toCanonicalPath } from '../contract/canonical-path.ts'
import { PosternError } from '../errors.ts'
import type { Environment } from './config.ts'
import type { ConfigFile } from './config-file.ts'
import { defaultEnvironments } from './default-environments.ts'
import { EnvironmentSettings } from './environment-settings.ts'

/** The settings outside of an environment that affect it. */
interface Place {
  /** Ports from a variable, which override the file. */
  ports: ReadonlyMap<string, number>
  /** Base folder of relative paths. */
  baseFolder: string
}

/** Returns the environments of a configuration file, or the two default ones. Throws `config_invalid`. */
export function toEnvironments(file: ConfigFile, place: Place): Environment[] {
  const named = file.environments ?? defaultEnvironments
  for (const name of place.ports.keys()) {
    if (!Object.hasOwn(named, name)) {
      throw new PosternError(
        'config_invalid',
        `POSTERN_GATEWAY_PORTS names the environment ${name}, which does not exist.`,
      )
    }
  }
  const environments = Object.entries(named).map(([name, given]) =>
    toEnvironment(name, EnvironmentSettings.parse(given), place),
  )
  if (environments.length === 0)
    throw new PosternError('config_invalid', 'environments must name at least one environment.')
  return environments
}

function toEnvironment(name: string, given: EnvironmentSettings, { ports, baseFolder }: Place): Environment {
  const { host, url, upstream, upstreamTls, certificate, key, ca, port: filePort, ...policy } = given
  rejectUnknownScope(name, policy)
  rejectUnclearRoutes(name, policy)
  rejectWithoutAssertion(name, policy)
  rejectOutsideFapi(name, policy)
  rejectEndOfAllKeys(name, policy)
  const gatewayPort = ports.get(name) ?? filePort
  const server = toPair(baseFolder, `environments.${name}`, { certificate, key })
  if (ca !== undefined && server === null)
    throw new PosternError(
      'config_invalid',
      `environments.${name}.ca is the CA of environments.${name}.certificate: set both or neither.`,
    )
  const client = toPair(baseFolder, `environments.${name}.upstreamTls`, upstreamTls)
  return {
    ...policy,
    certificatesPerHour: policy.certificatesPerHour ?? policy.maxCertificates,
    name,
    gatewayHost: host,
    gatewayPort,
    gatewayUrl: url ?? `https://${isIPv6(host) ? `[${host}]` : host}:${gatewayPort}`,
    upstream: upstream ?? null,
    upstreamTls: {
      caFile: upstreamTls.ca === undefined ? null : resolve(baseFolder, upstreamTls.ca),
      certificateFile: client?.certificateFile ?? null,
      keyFile: client?.keyFile ?? null,
    },
    serverFiles: server && { ...server, caFile: ca === undefined ? null : resolve(baseFolder, ca) },
  }
}

function toPair(
  baseFolder: string,
  prefix: string,
  { certificate, key }: { certificate?: string | undefined; key?: string | undefined },
): { certificateFile: string; keyFile: string } | null {
  if (certificate !== undefined && key !== undefined)
    return { certificateFile: resolve(baseFolder, certificate), keyFile: resolve(baseFolder, key) }
  if (certificate === undefined && key === undefined) return null
  throw new PosternError(
    'config_invalid',
    `${prefix}.certificate and ${prefix}.key go together: set both or neither.`,
  )
}

function rejectUnknownScope(
  name: string,
  { scopes, routes }: Pick<EnvironmentSettings, 'scopes' | 'routes'>,
): void {
  const known = new Set(scopes.map((scope) => scope.name))
  const unknown = routes?.find((route) => !known.has(route.scope))
  if (unknown === undefined) return
  throw new PosternError(
    'config_invalid',
    `environments.${name}.routes asks for the scope ${unknown.scope}, which environments.${name}.scopes does not name.`,
  )
}

/**
 * Throws for a route whose path is not canonical, or that programs may confuse with a route of another scope.
 */
function rejectUnclearRoutes(name: string, given: Pick<EnvironmentSettings, 'routes'>): void {
  const routes = given.routes ?? []
  for (const { path } of routes) {
    const canonical = toCanonicalPath(path)
    if (canonical === path) continue
    const advice = canonical === undefined ? 'Write it as RFC 3986 has it' : `Write ${canonical}`
    throw new PosternError(
      'config_invalid',
      `environments.${name}.routes has the path ${path}, which is not in canonical form. ${advice}.`,
    )
  }
  const seen = new Map<string, (typeof routes)[number]>()
  for (const route of routes) {
    const key = foldPath(route.path.replace(/\/$/, '')) ?? ''
    const other = seen.get(key)
    seen.set(key, route)
    if (other === undefined || other.scope === route.scope || isSamePath(other.path, route.path)) continue
    throw new PosternError(
      'config_invalid',
      `environments.${name}.routes has ${other.path} and ${route.path} with different scopes, and some programs take them for the same path. Keep one of them.`,
    )
  }
}

const isSamePath = (a: string, b: string): boolean => a.replace(/\/$/, '') === b.replace(/\/$/, '')

function rejectWithoutAssertion(
  name: string,
  {
    assertion,
    assertionBodyDigest,
    assertionPerCall,
  }: Pick<EnvironmentSettings, 'assertion' | 'assertionBodyDigest' | 'assertionPerCall'>,
): void {
  if (assertion || !(assertionBodyDigest || assertionPerCall)) return
  throw new PosternError(
    'config_invalid',
    `environments.${name}.assertion is false, so that there is none for environments.${name}.${assertionBodyDigest ? 'assertionBodyDigest' : 'assertionPerCall'}: leave out one of them.`,
  )
}

/** Throws for the end of a kind of key that is not accepted anyway, and if none would be left. */
function rejectEndOfAllKeys(
  name: string,
  { allowedKeys, allowedKeysUntil }: Pick<EnvironmentSettings, 'allowedKeys' | 'allowedKeysUntil'>,
): void {
  const setting = `environments.${name}.allowedKeysUntil`
  const unknown = Object.keys(allowedKeysUntil).find((kind) => !allowedKeys.some((each) => each === kind))
  if (unknown !== undefined)
    throw new PosternError(
      'config_invalid',
      `${setting} names ${unknown}, which environments.${name}.allowedKeys does not have: leave it out.`,
    )
  if (allowedKeys.every((kind) => allowedKeysUntil[kind] !== undefined))
    throw new PosternError(
      'config_invalid',
      `${setting} ends every kind of key: leave out one that stays, or add another to environments.${name}.allowedKeys.`,
    )
}

/**
 * Throws for settings that FAPI 2.0, sections 5.3.2.1 and 5.4.1, forbids: every token is bound to a
 * certificate, and none is signed with RS256.
 */
function rejectOutsideFapi(
  name: string,
  {
    profile,
    tokenAlgorithm,
    enforcement,
  }: Pick<EnvironmentSettings, 'profile' | 'tokenAlgorithm' | 'enforcement'>,
): void {
  if (profile !== 'fapi2') return
  const refuse = (setting: string, right: string) =>
    new PosternError(
      'config_invalid',
      `environments.${name}.profile is fapi2, which does not allow environments.${name}.${setting}: write ${right}, or leave it out.`,
    )
  if (tokenAlgorithm === 'RS256') throw refuse('tokenAlgorithm: RS256', 'ES256, PS256 or EdDSA')
  if (enforcement !== 'enforce') throw refuse(`enforcement: ${enforcement}`, 'enforce')
}
