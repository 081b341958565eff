import { hostname } from 'node:os'
import type { Clock } from '../clock.ts'
import type { Config } from '../config/config.ts'
import { getHosts } from '../gateway/environment/gateway-environment.ts'
import type { Log } from '../gateway/log/log.ts'
import { createTelemetryReport } from '../gateway/log/report-telemetry.ts'
import { createToRecorded } from '../gateway/observation/to-recorded.ts'
import {
  createUsageRecorder,
  type UsageRecorder,
  type UsageRecorderDependencies,
} from '../gateway/observation/usage-recorder.ts'
import { release } from '../release.ts'
import { newId } from '../storage/id.ts'
import { toGatewayEnvironment } from './gateway-listeners.ts'

/** What the recorder of a gateway process is put together from. */
interface GatewayRecorderDependencies
  extends Pick<UsageRecorderDependencies, 'count' | 'write' | 'onRecorded'> {
  gatewayId: string
  clock: Clock
  log: Log
}

/** The recorder of a gateway process: what it records, in whose name, and where it tells of what is in the way. */
export function createGatewayRecorder(
  config: Config,
  { gatewayId, count, write, onRecorded, clock, log }: GatewayRecorderDependencies,
): UsageRecorder & {
  /** Records as the configuration says now. */
  followConfig(): void
} {
  const prepare = () =>
    createToRecorded(
      config.environments.map((environment) => ({
        ...environment,
        hosts: getHosts(toGatewayEnvironment(config)(environment)),
      })),
    )
  let toRecorded = prepare()
  const recorder = createUsageRecorder({
    gateway: { id: gatewayId, host: hostname(), release },
    count,
    clock,
    newId: (at) => newId('activity', at),
    toRecorded: (observation) => toRecorded(observation),
    write,
    onRecorded,
    report: createTelemetryReport(log, clock),
  })
  return {
    ...recorder,
    followConfig() {
      toRecorded = prepare()
    },
  }
}
