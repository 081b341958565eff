import { hostname } from 'node:os'
import type { Clock } from '../clock.ts'
import type { Config } from '../config/config.ts'
import { hostsOf } from '../gateway/gateway-environment.ts'
import type { Log } from '../gateway/log.ts'
import { createTelemetryReport } from '../gateway/report-telemetry.ts'
import { createTelemetry, type TelemetryParts } from '../gateway/telemetry.ts'
import { createToRecorded } from '../gateway/to-recorded.ts'
import { release } from '../release.ts'
import { newId } from '../storage/id.ts'
import { toGatewayEnvironment } from './gateway-listeners.ts'

/** What the telemetry of a gateway process is put together from. */
interface GatewayTelemetryParts extends Pick<TelemetryParts, 'count' | 'write'> {
  gatewayId: string
  clock: Clock
  log: Log
}

/** The telemetry of a gateway process: what it records, in whose name, and where it tells of what is in the way. */
export function createGatewayTelemetry(
  config: Config,
  { gatewayId, count, write, clock, log }: GatewayTelemetryParts,
): ReturnType<typeof createTelemetry> {
  const environments = config.environments.map((environment) => ({
    ...environment,
    hosts: hostsOf(toGatewayEnvironment(config)(environment)),
  }))
  return createTelemetry({
    gateway: { id: gatewayId, host: hostname(), release },
    count,
    clock,
    newId: (at) => newId('act', at),
    toRecorded: createToRecorded(environments),
    write,
    report: createTelemetryReport(log, clock),
  })
}
