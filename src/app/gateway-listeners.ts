import { isDeepStrictEqual } from 'node:util'
import type { Config, Environment } from '../config/config.ts'
import { toServerFiles } from '../config/tls-settings.ts'
import { findBearerToken, getPeer } from '../gateway/access/peer.ts'
import type { GatewayEnvironment } from '../gateway/environment/gateway-environment.ts'
import { createRouteMatcher } from '../gateway/environment/match-route.ts'
import { type Listener, openListener } from '../gateway/listener/listener.ts'
import type { VirtualHost } from '../gateway/listener/virtual-hosts.ts'
import { hasBody } from '../gateway/message/assert-framing.ts'
import { type BodySpace, bufferBody, createBodySpace } from '../gateway/message/buffer-body.ts'
import { createPathRecorder } from '../gateway/observation/recorded-path.ts'
import type { ForwardDependencies } from '../gateway/request/forward-call.ts'
import { createRequestHandler } from '../gateway/request/handle-request.ts'
import { type CallLimiter, createCallLimiter } from '../gateway/request/limit-calls.ts'
import { demoUpstreamSocket } from '../gateway/upstream/demo-upstream.ts'
import { createProxy, type UpstreamProxy } from '../gateway/upstream/proxy.ts'
import type { Upstream } from '../gateway/upstream/upstream.ts'
import { createAsserter } from '../tokens/call-assertion.ts'
import type { SigningKeys } from '../tokens/signing-keys.ts'
import type { SharedDependencies } from './gateway-parts.ts'

const mebibyte = 1_048_576
/** For buffered bodies. */
const bodyRoom = { bytes: 128 * mebibyte, share: 16 * mebibyte }

/** Every TLS port of a gateway process. */
export interface Listeners {
  /** The port of each environment, by its name. */
  ports: Record<string, number>
  /** Sends the current issuers to new clients. */
  reload(): void
  /** Reloads server certificates from their files; returns one sentence for each unusable pair. */
  readFiles(): string[]
  /** Returns the server certificate in use of each environment; `notAfter` in milliseconds since 1970. */
  listCertificates: Listener['listCertificates']
  /**
   * Prepares the settings of `next` for requests that come later; requests in progress end with those before.
   * Throws `config_invalid`; the returned function puts them in force when the configuration has them.
   */
  prepare(next: Config): () => void
  stop(): Promise<void>
  countSockets(): Promise<number>
  close(): void
  /** Closes the connections to the upstreams. */
  closeUpstreams(): Promise<void>
}

/**
 * Opens a listener for each configured port; environments with the same port share it. `sockets` are the
 * descriptors of those that this process has inherited, by their ports.
 */
export async function openListeners(
  config: Config,
  dependencies: SharedDependencies,
  {
    signingKeys,
    sockets,
  }: { signingKeys: Pick<SigningKeys, 'findSigning'>; sockets: ReadonlyMap<number, number[]> },
): Promise<Listeners> {
  const space = createBodySpace(bodyRoom)
  const served = config.environments.map((one) =>
    serveEnvironment(config, one, { dependencies, signingKeys, space }),
  )
  const virtualHosts = served.map(({ virtualHost }) => virtualHost)
  // Port 0 is any free one, a separate one for each environment.
  const byPort = Map.groupBy(
    virtualHosts,
    (virtualHost) => virtualHost.environment.gatewayPort || virtualHost,
  )
  const listeners: Listener[] = []
  const ports: Record<string, number> = {}
  for (const group of byPort.values()) {
    const port = group[0]?.environment.gatewayPort ?? 0
    const address = { host: config.gateway.host, port, descriptors: sockets.get(port) }
    const listener = await openListener(dependencies, group, address)
    listeners.push(listener)
    for (const { environment } of group) ports[environment.name] = listener.port
  }
  return {
    ports,
    reload: () => {
      for (const listener of listeners) listener.reload()
    },
    readFiles: () => listeners.flatMap((listener) => listener.readFiles()),
    listCertificates: () => listeners.flatMap((listener) => listener.listCertificates()),
    prepare(next) {
      const putInForce = served.map((one) => one.prepare(next))
      return () => {
        for (const put of putInForce) put()
      }
    },
    async stop() {
      await Promise.all(listeners.map((listener) => listener.stop()))
    },
    async countSockets() {
      const counts = await Promise.all(listeners.map((listener) => listener.countSockets()))
      return counts.reduce((sum, count) => sum + count, 0)
    },
    close: () => {
      for (const listener of listeners) listener.close()
    },
    async closeUpstreams() {
      await Promise.all(served.map((one) => one.closeUpstream()))
    },
  }
}

/** Whether there are files of TLS, which may have another content. */
const hasFiles = ({ upstreamTls }: Environment): boolean =>
  Object.values(upstreamTls).some((file) => file !== null)

/** What the requests of an environment are served with, besides what all environments share. */
interface ServingNeeds {
  dependencies: SharedDependencies
  signingKeys: Pick<SigningKeys, 'findSigning'>
  space: BodySpace
}

/** Serves an environment, whose settings in `config` may change in place. */
function serveEnvironment(config: Config, given: Environment, needs: ServingNeeds) {
  const { openCalls, report, registry, shareCalls } = needs.dependencies
  const findSlug = (organizationId: string) => registry.findOrganization(organizationId)?.slug
  const shared = shareCalls(given.name)
  const limiter = createCallLimiter(given.limits, findSlug, shared.note)
  shared.follow(limiter.settle)
  const connect = (upstream: Upstream) => ({ upstream, proxy: createProxy(upstream, openCalls, report) })
  let current = connect(upstreamOf(config, given))
  const build = () => buildVirtualHost(config, given, { ...needs, ...current, limiter })
  const virtualHost = build()
  return {
    virtualHost,
    prepare(next: Config): () => void {
      const wanted = next.environments.find(({ name }) => name === given.name) ?? given
      const upstream = upstreamOf(next, wanted)
      // The connections of an upstream that is left close by themselves when its last requests have ended.
      const isSame = isDeepStrictEqual(upstream, current.upstream) && !hasFiles(wanted)
      const prepared = isSame ? current : connect(upstream)
      return () => {
        if (!isSame) limiter.renewShares()
        current = prepared
        limiter.followLimits()
        Object.assign(virtualHost, build())
      }
    },
    closeUpstream: () => current.proxy.close(),
  }
}

function buildVirtualHost(
  config: Config,
  given: Environment,
  {
    dependencies,
    signingKeys,
    space,
    upstream,
    proxy,
    limiter,
  }: ServingNeeds & { upstream: Upstream; proxy: UpstreamProxy; limiter: CallLimiter },
): VirtualHost {
  const environment = toGatewayEnvironment(config)(given)
  const assertCall = given.assertion
    ? createAssertCall(given, upstream.url, { ...dependencies, signingKeys, proxy })
    : undefined
  const maxBytes = given.assertionBodyKilobytes * 1024
  const buffer: ForwardDependencies['bufferBody'] = given.assertionBodyDigest
    ? (context, organizationId) => bufferBody(context, organizationId, { maxBytes, space })
    : undefined
  const files = toServerFiles(config, given)
  const { tracer } = dependencies
  const tracing = tracer && { tracer, environment: given.name, recordPath: createPathRecorder(given) }
  const requestParts = { ...dependencies, proxy, limiter, assertCall, tracing, bufferBody: buffer }
  return { environment, files, handleRequest: createRequestHandler(requestParts, environment) }
}

function createAssertCall(
  { name, gatewayUrl, assertionPerCall }: Environment,
  audience: string,
  {
    registry,
    tokens,
    signingKeys,
    proxy,
  }: Pick<SharedDependencies, 'registry' | 'tokens'> & {
    proxy: UpstreamProxy
    signingKeys: Pick<SigningKeys, 'findSigning'>
  },
): ForwardDependencies['assertCall'] {
  const { charge } = tokens
  const assertCall = createAsserter({ signingKeys, charge }, { perCall: assertionPerCall })
  return ({ context, access, live: { claims, client } }, body) =>
    assertCall(
      {
        issuer: gatewayUrl,
        audience,
        environment: name,
        method: context.method,
        target: proxy.targetOf(context),
        accessToken: findBearerToken(context) ?? '',
        claims,
        clientId: client.clientId,
        organization: registry.findOrganization(client.organizationId)?.slug ?? '',
        certificate: getPeer(context.connection, access).certificate,
        hasBody: hasBody(context),
        contentDigest: body?.digest,
      },
      context.now,
    )
}

function upstreamOf(
  { dataFolder, gateway: { reservedHeaders } }: Config,
  { name, upstream, upstreamTls, upstreamTimeouts, limits }: Environment,
): Upstream {
  const shared = { connections: limits.upstreamConnections, reservedHeaders }
  if (upstream === null)
    return { url: 'http://demo-upstream', socketPath: demoUpstreamSocket(dataFolder), ...shared }
  const { connectSeconds, responseSeconds, idleSeconds } = upstreamTimeouts
  const timeouts = {
    connect: connectSeconds * 1000,
    answer: responseSeconds * 1000,
    idle: idleSeconds * 1000,
  }
  const tls = { ...upstreamTls, setting: `environments.${name}.upstreamTls` }
  return { url: upstream, tls, timeouts, ...shared }
}

/** Returns what the gateway knows of an environment. */
export const toGatewayEnvironment =
  ({ profile, portal }: Pick<Config, 'profile' | 'portal'>) =>
  (environment: Environment): GatewayEnvironment => ({
    ...environment,
    portalUrl: portal.url,
    matchRoute: createRouteMatcher(environment.routes),
    acceptsLoopback: profile === 'development',
  })
