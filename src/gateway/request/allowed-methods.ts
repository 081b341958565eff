import { METHODS } from 'node:http'
import { gatewayPaths } from '../../contract/gateway-paths.ts'
import { PosternError } from '../../errors.ts'
import type { GatewayEnvironment } from '../environment/gateway-environment.ts'
import { findEndpoint, isPublicPath } from '../environment/own-addresses.ts'
import type { RequestContext } from '../request-context/request-context.ts'
import { RequestError } from '../request-context/request-error.ts'

type Methods = readonly string[]

const known: ReadonlySet<string> = new Set(METHODS)
const read: Methods = ['GET', 'HEAD']
const post: Methods = ['POST']
/** The methods that the gateway forwards; only the API knows which of them a path supports. */
const forwarded: Methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']

/** Returns the methods of one of the gateway's own paths; undefined for a path of the API. */
function findOwnMethods(
  { externalCertificates }: Pick<GatewayEnvironment, 'externalCertificates'>,
  path: string,
): Methods | undefined {
  if (path === gatewayPaths.whoami || isPublicPath(path)) return read
  if (path === gatewayPaths.registrations) return externalCertificates === 'off' ? undefined : post
  return findEndpoint(path) === undefined ? undefined : post
}

/** Returns the value of `Allow` for a path (RFC 9110, section 10.2.1). */
export const getAllowHeader = (
  environment: Pick<GatewayEnvironment, 'externalCertificates'>,
  path: string,
): string => (findOwnMethods(environment, path) ?? forwarded).join(', ')

/**
 * Throws `method_unknown` for a method that the gateway does not support, and `method_not_allowed` for one
 * that the path does not support: always for `TRACE` and `CONNECT`, which would expose or reach what is
 * behind the gateway.
 */
export function assertMethod({ environment, method, path }: RequestContext): void {
  if (!known.has(method)) throw new PosternError('method_unknown', methodUnknown)
  const isNever = method === 'TRACE' || method === 'CONNECT'
  const own = findOwnMethods(environment, path)
  if (!isNever && (own === undefined || own.includes(method))) return
  const allow = (own ?? forwarded).join(', ')
  throw new RequestError(
    'method_not_allowed',
    isNever
      ? `This gateway does not take ${method} requests. Use one of ${allow}.`
      : `This address takes ${own?.join(' and ')} requests only. Send parameters in the body of a POST, and read with GET.`,
    { allow },
  )
}

export const methodUnknown =
  'This gateway does not know the request method. Methods are case-sensitive: write GET, POST, PUT, PATCH or DELETE in upper case.'
