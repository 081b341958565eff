import type { IncomingMessage, ServerResponse } from 'node:http'
import { createReservedMatcher, rememberByName } from '../../shapes/identity-headers.ts'
import { readTraceId } from '../../trace-id.ts'
import type { GatewayEnvironment } from '../environment/gateway-environment.ts'
import type { Log } from '../log/log.ts'
import { answerForProxy, type ProxyEndpointDependencies } from './answer-for-proxy.ts'
import { answerProxy } from './answer-proxy.ts'
import { assertAuthorizationRequest } from './assert-authorization-request.ts'
import { createSecretCheck, createSecretDenial } from './check-secret.ts'
import { reverseProxies } from './proxies.ts'
import { createAuthorizationRequestReader } from './read-authorization-request.ts'

const address = /^\/(authorize|endpoints)\/([\w-]+)\/([a-z]+)((?:[/?].*)?)$/

/** What the authorizer answers with. */
export interface AuthorizerDependencies extends ProxyEndpointDependencies {
  clock: { now(): number }
}

/** Which clients the authorizer trusts, and which headers clients may not send. */
export interface HandlerOptions {
  /** The secret that proxies send with each authorization request; null if none is required. */
  secret: string | null
  /** Patterns of headers in addition to those of the table. */
  reservedHeaders: readonly string[]
  log: Log
}

/** Routes a request of a reverse proxy: to the environment, the kind of proxy and the request. */
export function createAuthorizerHandler(
  dependencies: AuthorizerDependencies,
  all: readonly GatewayEnvironment[],
  { secret, reservedHeaders, log }: HandlerOptions,
) {
  const readAuthorizationRequest = createAuthorizationRequestReader()
  const hasSecret = createSecretCheck(secret)
  const refuse = createSecretDenial(dependencies, log)
  const isReserved = rememberByName(createReservedMatcher(reservedHeaders))
  const environments = new Map(all.map((environment) => [environment.name, environment]))

  return (request: IncomingMessage, response: ServerResponse): void => {
    const { url = '/', method = 'GET' } = request
    const [, door, name = '', proxyName = '', rest = ''] = address.exec(url) ?? []
    const [environment, reverseProxy] = [environments.get(name), reverseProxies.get(proxyName)]
    if (url !== '/healthz' && !hasSecret(request)) {
      refuse(environment ?? (all[0] as GatewayEnvironment), request, response)
      return
    }
    const call = door === 'authorize' ? reverseProxy?.readCall(request, rest) : { method, url: rest }
    if (environment === undefined || reverseProxy === undefined || call === undefined) {
      answerWithout(request, response)
      return
    }
    const context = { environment, now: dependencies.clock.now() }
    const requestContext = readAuthorizationRequest({ request, response }, reverseProxy, call, context)
    const answered =
      door === 'authorize'
        ? answerProxy(dependencies, requestContext, reverseProxy, () =>
            assertAuthorizationRequest(requestContext, reverseProxy, isReserved),
          )
        : answerForProxy(dependencies, requestContext)
    answered.catch((error) => {
      // The answer itself failed: a proxy treats a broken connection as no decision.
      dependencies.report.failed(requestContext, error)
      response.destroy()
    })
  }
}

/** Answers a misconfigured proxy with neither 2xx nor an error that it would show as one of Postern's. */
function answerWithout({ url, headers }: IncomingMessage, response: ServerResponse): void {
  const isHealth = url === '/healthz'
  const body = isHealth
    ? 'ok\n'
    : 'This is no address of the authorizer, or the request does not say which call it asks about. Compare the configuration of the edge with those that come with Postern.\n'
  response.writeHead(isHealth ? 200 : 500, {
    'content-type': 'text/plain; charset=utf-8',
    'postern-trace-id': readTraceId(headers.traceparent),
  })
  response.end(body)
}
