import type { Clock } from '../clock.ts'
import type { Config } from '../config/config.ts'
import { type Check, createReadiness, type Problem, type Readiness } from '../monitoring/readiness.ts'
import type { Database } from '../storage/database.ts'
import { isClockOff } from '../storage/find-clock-problem.ts'
import type { SigningKeys } from '../tokens/signing-keys.ts'
import type { Listeners } from './gateway-listeners.ts'
import type { Progress } from './gateway-progress.ts'
import type { GatewayStore } from './gateway-store.ts'

/** A gateway reads the store once a second. */
const unusualLagSeconds = 30
/** Replicas are behind by milliseconds, and by seconds while they are busy. */
const unusualReplicaLagSeconds = 10
const clockAgeMs = 30_000

/** What a gateway looks at before it says that it is ready. */
interface GatewayReadinessDependencies {
  database: Pick<Database, 'queries'>
  isStoreAway: GatewayStore['isStoreAway']
  source: Pick<GatewayStore['source'], 'lagSeconds'>
  progress: Pick<Progress, 'lagSeconds' | 'isUnheard'>
  signingKeys: Pick<SigningKeys, 'findSigning'>
  listeners: Pick<Listeners, 'listCertificates'>
  clock: Clock
}

/**
 * Creates the readiness of a gateway process. While the store is away it goes on with what it knows, so it
 * stays ready for as long as the configuration lets it: otherwise a pause of the store would end all calls.
 */
export function createGatewayReadiness(
  { environments, gateway, operations }: Config,
  given: GatewayReadinessDependencies,
): Readiness {
  const { progress, signingKeys, listeners, clock } = given
  const maxLagSeconds = () =>
    Math.min(
      operations.maxLagSeconds ?? Number.POSITIVE_INFINITY,
      gateway.staleSeconds ?? Number.POSITIVE_INFINITY,
    )
  const isKeyless = () =>
    environments.some(({ name }) => signingKeys.findSigning(name, clock.now()) === undefined)
  const isExpired = () => listeners.listCertificates().some(({ notAfter }) => notAfter < clock.now())
  return createReadiness([
    { find: () => when('store_unreachable', false, given.isStoreAway()) },
    { find: () => findLag(progress.lagSeconds(), maxLagSeconds()) },
    { find: () => when('notifications_missing', false, progress.isUnheard()) },
    {
      find: () => when('replica_behind', false, (given.source.lagSeconds() ?? 0) > unusualReplicaLagSeconds),
    },
    { find: () => when('signing_key_missing', true, isKeyless()) },
    { find: () => when('server_certificate_expired', true, isExpired()) },
    createClockCheck(given.database, clock),
  ])
}

const findLag = (lag: number, max: number) =>
  when('change_log_behind', lag > max, lag > Math.min(max, unusualLagSeconds))

/** The clock of this machine, beside that of the store. */
const createClockCheck = ({ queries }: Pick<Database, 'queries'>, clock: Clock): Check => ({
  find: async () => when('clock_wrong', true, await isClockOff(queries, clock.now())),
  maxAgeMs: clockAgeMs,
})

const when = (code: Problem['code'], isBlocking: boolean, isPresent: boolean): Problem[] =>
  isPresent ? [{ code, isBlocking }] : []
