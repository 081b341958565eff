import { setTimeout as wait } from 'node:timers/promises'
import type { pino } from 'pino'
import type { CachedRevocationLists } from '../authority/cache-revocation-lists.ts'
import type { Issuer, IssuerStore } from '../authority/issuer-store.ts'
import { listIssuing } from '../authority/list-issuing.ts'
import type { Clock } from '../clock.ts'
import type { SharedResponders } from '../signer/open-shared-responders.ts'
import type { Database } from '../storage/database.ts'
import { isMigrated } from '../storage/migrate.ts'
import { findHold } from '../storage/store-hold.ts'

/** Between two looks at the store for what is served while it is away. */
const everyMs = 10_000
const waitMs = 250
/** At the first start the portal needs some time. */
const reportIntervalMs = 3000

interface FollowerDependencies {
  database: Database
  issuers: Pick<IssuerStore, 'find' | 'listIds'>
  published: Pick<CachedRevocationLists, 'findList' | 'refresh'>
  responders: Pick<SharedResponders, 'follow' | 'findEnd'>
  clock: Clock
  log: Pick<pino.Logger, 'warn'>
  onFailure(what: string, error: unknown): void
}

/**
 * Creates what keeps in memory everything that is published, so that a process can go on without the store. What is
 * asked for is read from the store again while that is available.
 */
export function createPublicationFollower(dependencies: FollowerDependencies) {
  const { database, issuers, published, responders, clock, log, onFailure } = dependencies
  let issuing: Issuer[] = []

  /** Each issuer for itself: one that cannot be used affects no other. Throws the last failure. */
  const follow = async (): Promise<void> => {
    issuing = await listIssuing(issuers, clock.now())
    await published.refresh()
    const results = await Promise.allSettled(issuing.map(responders.follow))
    for (const result of results) if (result.status === 'rejected') throw result.reason
  }

  const findMissing = async (environments: readonly { name: string }[]): Promise<string | undefined> => {
    if (!(await isMigrated(database))) return 'the tables of this release in the store'
    if ((await findHold(database.queries)) !== undefined)
      return 'a decision about the restored store (postern restore)'
    await follow()
    for (const { name } of environments) {
      const signing = issuing.filter(({ environment }) => environment === name)
      if (signing.length === 0) return `the issuing CA of ${name}`
      const lists = await Promise.all(
        signing.map(({ id }) => published.findList({ issuerId: id, partition: null })),
      )
      if (lists.includes(undefined)) return `the CRL of ${name}`
      if (!signing.some(({ id }) => responders.findEnd(id) !== undefined))
        return `an OCSP responder of ${name}, which the portal shares if it has POSTERN_PUBLICATION_KEY`
    }
    return undefined
  }

  return {
    /**
     * Waits for what the portal makes, and logs for what it waits. Throws `master_key_wrong` if the publication key is
     * not that of the portal, `storage_unavailable` for a store that cannot be used, and the store's errors.
     */
    async awaitPublished(environments: readonly { name: string }[]): Promise<void> {
      const started = performance.now()
      let told: string | undefined
      for (;;) {
        const missing = await findMissing(environments)
        if (missing === undefined) break
        if (missing !== told && performance.now() - started > reportIntervalMs) {
          log.warn(
            { waitsFor: missing },
            `The publication waits for ${missing}. The portal makes what is missing: start it.`,
          )
          told = missing
        }
        await wait(waitMs)
      }
      if (told !== undefined) log.warn({}, 'What the publication waited for is there.')
    },

    /** Reads the store again and again until the returned function is called. */
    start(): () => void {
      const stop = new AbortController()
      const repeat = async (): Promise<void> => {
        while (!stop.signal.aborted) {
          await wait(everyMs, undefined, { signal: stop.signal }).catch(() => {})
          if (!stop.signal.aborted) await follow().catch((error) => onFailure('follow-store', error))
        }
      }
      void repeat()
      return () => stop.abort()
    },

    /** Returns whether a CA that needs one has no valid OCSP responder. */
    lacksResponder: (): boolean =>
      issuing.some(
        ({ id, details }) => details.notAfter > clock.now() && responders.findEnd(id) === undefined,
      ),

    /** Returns when the first of the responders in use expires; undefined without any. */
    findResponderEnd(): number | undefined {
      const ends = issuing.flatMap(({ id }) => responders.findEnd(id) ?? [])
      return ends.length === 0 ? undefined : Math.min(...ends)
    },
  }
}
