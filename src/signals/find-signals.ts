import type { Clock } from '../clock.ts'
import type { GatewayWatch } from '../shapes/gateway-watch.ts'
import type { AddressStore } from './address-store.ts'
import type { FindSignalsStore, OpenSignal } from './find-signals-store.ts'
import { keyOf } from './find-signals-store.ts'
import { endsSoon, judgeCertificate } from './judge-certificate.ts'
import type { FoundSignal, SignalRules } from './signal.ts'
import {
  type JudgedSecret,
  type ListPart,
  listPlaced,
  type Position,
  readCertificates,
  readSecrets,
  selectOldSecrets,
  selectRevoked,
  selectValid,
} from './subject-store.ts'
import type { WatchedTime } from './watched-time.ts'
import type { WatchedTimeStore } from './watched-time-store.ts'

const minute = 60_000
const day = 24 * 60 * minute
/** A pass over all certificates begins at most so often. */
const passMs = 10 * minute
/** How many rows of a list one run reads: a pass over a million takes less than six hours. */
const rowsInRun = 1000
const rowsAtOnce = 500
/** Calls with a certificate that was revoked longer ago are not found any more. */
const revokedMs = 400 * day
/** How long a call from a new address is told of. */
const newAddressMs = 30 * day

/** The dependencies of the search. */
export interface FindDependencies {
  signals: FindSignalsStore
  watched: WatchedTimeStore
  addresses: AddressStore
  environments: ReadonlyMap<string, SignalRules>
  readWatch(): Promise<GatewayWatch | undefined>
  clock: Clock
}

/** What a certificate or a secret is judged by. */
interface Moment {
  now: number
  watched: WatchedTime | undefined
}

/**
 * Reads the next part of the certificates and secrets, stores what holds, and ends what does not hold any more. If several
 * processes do this concurrently, each signal is stored once.
 */
export async function findSignals(dependencies: FindDependencies): Promise<void> {
  const { watched, readWatch, clock } = dependencies
  const now = clock.now()
  await watched.note(await readWatch(), now)
  const moment = { now, watched: await watched.read() }
  const judge = (ids: readonly string[]) => judgeCertificates(dependencies, ids, moment)
  const { aside } = dependencies.signals
  await walk(
    dependencies,
    { name: 'valid', from: now, now },
    (part) => listPlaced(aside, selectValid(aside, part)),
    judge,
  )
  await walk(
    dependencies,
    { name: 'revoked', from: now - revokedMs, now },
    (part) => listPlaced(aside, selectRevoked(aside, part)),
    judge,
  )
  const shortest = Math.min(...[...dependencies.environments.values()].map((one) => one.signals.secretDays))
  await walk(
    dependencies,
    { name: 'secrets', from: 0, now },
    (part) => listPlaced(aside, selectOldSecrets(aside, part, now - shortest * day)),
    (ids) => judgeSecrets(dependencies, ids, now),
  )
  await findNewAddresses(dependencies, now)
  await settleOpen(dependencies, moment)
}

/** Goes on with a pass over a list. */
async function walk(
  { signals }: FindDependencies,
  { name, from, now }: { name: string; from: number; now: number },
  list: (part: ListPart) => Promise<{ id: string; at: number }[]>,
  judge: (ids: readonly string[]) => Promise<FoundSignal[]>,
): Promise<void> {
  let position = await signals.findPosition(name, [from, ''], { now, everyMs: passMs })
  for (let read = 0; position !== undefined && read < rowsInRun; read += rowsAtOnce) {
    const rows = await list({ after: position, limit: rowsAtOnce })
    await signals.keep(await judge(rows.map(({ id }) => id)), now)
    const last = rows.length < rowsAtOnce ? undefined : rows.at(-1)
    const next: Position | undefined = last && [Number(last.at), last.id]
    await signals.keepPosition(name, next ?? null)
    position = next
  }
}

async function judgeCertificates(
  { signals, environments }: FindDependencies,
  ids: readonly string[],
  moment: Moment,
): Promise<FoundSignal[]> {
  const withKeys = [...environments.values()].some((rules) => endsSoon(rules, moment.now))
  const certificates = await readCertificates(signals.aside, ids, withKeys)
  return certificates.flatMap((certificate) => {
    const rules = environments.get(certificate.environment)
    // Nothing serves an environment that is not configured any more.
    return rules === undefined ? [] : judgeCertificate(certificate, rules, moment)
  })
}

async function judgeSecrets(
  { signals, environments }: FindDependencies,
  ids: readonly string[],
  now: number,
): Promise<FoundSignal[]> {
  const isOld = ({ environment, createdAt }: JudgedSecret) => {
    const days = environments.get(environment)?.signals.secretDays
    return days !== undefined && createdAt <= now - days * day
  }
  return (await readSecrets(signals.aside, ids)).filter(isOld).map((secret) => ({
    ...{ kind: 'secret_old', subject: secret.id, certificateId: null, credentialId: secret.credentialId },
    ...{ organizationId: secret.organizationId, environment: secret.environment, detail: '' },
  }))
}

async function findNewAddresses({ signals, addresses }: FindDependencies, now: number): Promise<void> {
  const { seen, found } = await addresses.listNew()
  // In this order: what a crash interrupts is found again.
  await signals.keep(found, now)
  await addresses.keepSeen(seen)
}

/** Judges the next part of the signals that hold again. */
async function settleOpen(dependencies: FindDependencies, moment: Moment): Promise<void> {
  const { signals } = dependencies
  const { now } = moment
  const [, after] = (await signals.findPosition('open', [0, ''], { now, everyMs: 0 })) ?? [0, '']
  const open = await signals.listOpen(after, rowsAtOnce)
  const last = open.length < rowsAtOnce ? undefined : open.at(-1)
  const holding = await listHolding(dependencies, open, moment)
  const isHolding = (signal: OpenSignal) => holding.has(keyOf(signal))
  const idsOf = (list: readonly OpenSignal[]) => list.map(({ id }) => id)
  await signals.resolve(idsOf(open.filter((signal) => !isHolding(signal))), now)
  const isStale = ({ lastSeenAt }: OpenSignal) => Math.abs(now - lastSeenAt) >= day
  await signals.see(idsOf(open.filter((signal) => isHolding(signal) && isStale(signal))), now)
  await signals.keepPosition('open', last === undefined ? null : [0, last.id])
}

/** Returns which of the signals hold, by {@link keyOf}. */
async function listHolding(
  dependencies: FindDependencies,
  open: readonly OpenSignal[],
  moment: Moment,
): Promise<ReadonlySet<string>> {
  const byAddress = open.filter(({ kind }) => kind === 'new_address')
  const bySecret = open.filter(({ kind }) => kind === 'secret_old')
  const others = open.filter((signal) => !byAddress.includes(signal) && !bySecret.includes(signal))
  const certificateIds = [...new Set(others.map(({ subject }) => subject))]
  const found = [
    ...(await judgeCertificates(dependencies, certificateIds, moment)),
    ...(await judgeSecrets(
      dependencies,
      bySecret.map(({ subject }) => subject),
      moment.now,
    )),
  ]
  const fresh = byAddress.filter(({ firstSeenAt }) => moment.now - firstSeenAt < newAddressMs)
  const monitored = await listMonitored(dependencies, fresh)
  return new Set(
    [...found, ...fresh.filter(({ certificateId }) => monitored.has(certificateId ?? ''))].map(keyOf),
  )
}

/** Returns the valid certificates among those of the signals in whose environments new addresses are found. */
async function listMonitored(
  { addresses, signals }: FindDependencies,
  open: readonly OpenSignal[],
): Promise<ReadonlySet<string>> {
  const ids = [...new Set(open.map(({ certificateId }) => certificateId ?? ''))]
  const monitored = await addresses.listMonitored(ids)
  const certificates = await readCertificates(signals.aside, [...monitored], false)
  return new Set(certificates.filter(({ status }) => status === 'issued').map(({ id }) => id))
}
