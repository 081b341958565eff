import type { Config } from './config.ts'
import type { ConfigFile } from './config-file.ts'

/** Balancers commonly ask every two seconds, and believe the second answer. */
const usualDrainSeconds = 5

/** Returns where and how the state of the processes is told. */
export function toOperations({ operations }: ConfigFile): Config['operations'] {
  const { host, port, drainSeconds, maxLagSeconds = null } = operations
  return {
    address: port === undefined ? null : { host, port },
    drainSeconds: drainSeconds ?? (port === undefined ? 0 : usualDrainSeconds),
    maxLagSeconds,
  }
}
