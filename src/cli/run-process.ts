import type { Config } from '../config/config.ts'
import { readSettings } from '../config/read-settings.ts'
import { toConfig } from '../config/to-config.ts'
import { toSecrets } from '../config/to-secrets.ts'
import type { Readiness } from '../monitoring/readiness.ts'
import type { Ask } from './ask-process.ts'
import { drain, heartbeat, type ProcessMessage, reload, type SupervisorMessage } from './launch-process.ts'

/** Time limit for a part to stop, in addition to the calls that a gateway finishes. */
const stopMs = 10_000

/** A part that the supervisor runs in its own process. */
export type ProcessName = 'portal' | 'gateway' | 'publication' | 'demo-upstream'

interface Running {
  /** Undefined for a part that no balancer knows. */
  readiness?: Readiness
  /** Undefined for a part that reads no configuration. */
  reload?(): unknown
  /** Undefined if nobody reads them. */
  readMetrics?: (() => Promise<unknown>) | undefined
  close(): Promise<unknown>
}

/**
 * Runs one part in this process, tells the supervisor when it is ready, and ends on request, or when the
 * supervisor is gone: an unsupervised part would block its ports for the next start. `sockets` are the
 * descriptors of its inherited sockets, by port.
 */
export async function runProcess(
  name: ProcessName,
  sockets: ReadonlyMap<number, number[]> = new Map(),
): Promise<void> {
  let running: Running | undefined
  let stopping = false
  let drainMs = 0
  const stop = async (): Promise<void> => {
    if (stopping) return
    stopping = true
    tell('stopping')
    // Without a supervisor, no other process ends a part that does not stop.
    setTimeout(() => process.exit(1), drainMs + stopMs).unref()
    await running?.close()
    process.exit(0)
  }
  process.on('SIGTERM', stop)
  process.on('disconnect', stop)
  process.on('message', (message: SupervisorMessage) => {
    if (message === heartbeat) tell('alive')
    else if (message === drain) running?.readiness?.drain()
    else if (message === reload) void running?.reload?.()
    else void answer(running, message)
  })
  // The supervisor may have ended while this process was loading.
  if (process.send !== undefined && !process.connected) return stop()
  // Ctrl-C reaches the whole process group; the supervisor then stops its parts in order.
  process.on('SIGINT', () => {})
  // The supervisor gets it too, and says what to do.
  process.on('SIGHUP', () => {})
  const settings = readSettings()
  const config = toConfig(settings)
  drainMs = config.gateway.drainSeconds * 1000
  running = await starts[name](settings, config, sockets)
  tell('ready')
}

async function answer(running: Running | undefined, { ask, question }: Ask): Promise<void> {
  const asked = question === 'metrics' ? running?.readMetrics : running?.readiness?.list
  // No answer is what the supervisor takes for a process that cannot answer.
  const value = await asked?.().catch(() => undefined)
  tell({ answer: ask, value })
}

/** Sends a message to the supervisor, if there is one; `disconnect` reports its end. */
function tell(message: ProcessMessage): void {
  if (process.connected) process.send?.(message, undefined, undefined, () => {})
}

const starts: Record<
  ProcessName,
  (
    settings: ReturnType<typeof readSettings>,
    config: Config,
    sockets: ReadonlyMap<number, number[]>,
  ) => Promise<Running>
> = {
  async portal(settings, config, sockets) {
    const { createPortalApp } = await import('../app/portal-app.ts')
    return createPortalApp(config, toSecrets(settings, config, 'portal'), {
      sockets,
      source: { settings, read: readSettings },
      onReloaded: () => tell(reload),
    })
  },
  async gateway(settings, config, sockets) {
    const { createGatewayApp } = await import('../app/gateway-app.ts')
    return createGatewayApp(config, toSecrets(settings, config, 'gateway'), {
      sockets,
      source: { settings, read: readSettings },
    })
  },
  async publication(settings, config, sockets) {
    const { createPublicationApp } = await import('../app/publication-app.ts')
    return createPublicationApp(config, toSecrets(settings, config, 'publication'), {
      sockets,
      source: { settings, read: readSettings },
    })
  },
  async 'demo-upstream'(_, { dataFolder }) {
    const { demoUpstreamSocket, startDemoUpstream } = await import('../gateway/upstream/demo-upstream.ts')
    return startDemoUpstream(demoUpstreamSocket(dataFolder))
  },
}
