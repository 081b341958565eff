import type { Clock } from '../clock.ts'
import type { Config } from '../config/config.ts'
import { describeChange, describeRejection, describeReload } from '../config/describe-reload.ts'
import { type ConfigSource, createReload } from '../config/reload-config.ts'
import { PosternError } from '../errors.ts'
import type { Authorizer } from '../gateway/authorizer/open-authorizer.ts'
import type { Log } from '../gateway/log/log.ts'
import { type Listeners, toGatewayEnvironment } from './gateway-listeners.ts'
import type { createGatewayRecorder } from './gateway-recorder.ts'

interface GatewayReloadNeeds {
  listeners: Pick<Listeners, 'prepare'>
  authorizer: Pick<Authorizer, 'change'> | undefined
  recorder: Pick<ReturnType<typeof createGatewayRecorder>, 'followConfig'>
  clock: Clock
  log: Log & { level?: string }
}

/** Creates the function that reads the configuration again in a gateway process, and logs what came of it. */
export function createGatewayReload(
  config: Config,
  source: ConfigSource,
  { listeners, authorizer, recorder, clock, log }: GatewayReloadNeeds,
): () => void {
  const reload = createReload(config, source, {
    parts: { portal: false, gateway: true },
    now: () => clock.now(),
    prepare(next) {
      const serve = listeners.prepare(next)
      return () => {
        log.level = config.log.level
        serve()
        recorder.followConfig()
        authorizer?.change(
          config.environments.map(toGatewayEnvironment(config)),
          config.gateway.reservedHeaders,
        )
      }
    },
  })
  return () => {
    try {
      const changes = reload()
      log.warn({ changes: changes.map(describeChange) }, describeReload(changes))
    } catch (error) {
      if (!(error instanceof PosternError)) throw error
      log.error({}, describeRejection(error))
    }
  }
}
