import type { Config } from '../config/config.ts'
import { readSettings } from '../config/read-settings.ts'
import { toConfig } from '../config/to-config.ts'
import { toSecrets } from '../config/to-secrets.ts'

/** What a part may take to stop beside the calls that a gateway lets finish. */
const stopMilliseconds = 10_000

/** What the supervisor runs in a process of its own. */
export type PartName = 'portal' | 'gateway' | 'demo-upstream'

interface Running {
  close(): Promise<unknown>
}

/**
 * Runs one part in this process, tells the supervisor when it is ready, and ends when it is asked to, or
 * when the supervisor has gone: a part that nobody watches would keep its ports from the next start.
 */
export async function runPart(name: PartName): Promise<void> {
  let running: Running | undefined
  let stopping = false
  let drainMilliseconds = 0
  const stop = async (): Promise<void> => {
    if (stopping) return
    stopping = true
    // With the supervisor gone nobody else ends a part that does not come to its end.
    setTimeout(() => process.exit(1), drainMilliseconds + stopMilliseconds).unref()
    await running?.close()
    process.exit(0)
  }
  process.on('SIGTERM', stop)
  process.on('disconnect', stop)
  // The supervisor may have gone while this process was loading.
  if (process.send !== undefined && !process.connected) return stop()
  // Ctrl-C reaches the whole group of processes; the supervisor then stops its parts in order.
  process.on('SIGINT', () => {})
  const settings = readSettings()
  const config = toConfig(settings)
  drainMilliseconds = config.gateway.drainSeconds * 1000
  running = await starts[name](settings, config)
  process.send?.({ ready: true })
}

const starts: Record<
  PartName,
  (settings: ReturnType<typeof readSettings>, config: Config) => Promise<Running>
> = {
  async portal(settings, config) {
    const { createPortalApp } = await import('../app.ts')
    return createPortalApp(config, toSecrets(settings, config, 'portal'))
  },
  async gateway(settings, config) {
    const { createGatewayApp } = await import('../gateway-app.ts')
    return createGatewayApp(config, toSecrets(settings, config, 'gateway'))
  },
  async 'demo-upstream'(_, { dataFolder }) {
    const { demoUpstreamSocket, startDemoUpstream } = await import('../gateway/demo-upstream.ts')
    return startDemoUpstream(demoUpstreamSocket(dataFolder))
  },
}
