import { setTimeout as wait } from 'node:timers/promises'
import type { Clock } from '../clock.ts'
import { PosternError } from '../errors.ts'
import { parseCertificate } from '../pki/certificate/certificate.ts'
import { formatName } from '../pki/name/name.ts'
import type { RevocationReason } from '../pki/status/revocation-reason.ts'
import { revocationReasonDetails } from '../pki/status/revocation-reason.ts'
import { UnusableStatus } from '../pki/status/unusable-status.ts'
import { type ExternalStatusTerms, findGraceMs } from '../shapes/external-status-terms.ts'
import type { AskSource } from './ask-source.ts'
import { type Description, describeSources, type StoredChain } from './describe-sources.ts'
import type { Check, ExternalCheckStore, Link } from './external-check-store.ts'
import { changedAtOnce, type ExternalStatusStore, type Finding } from './external-status-store.ts'
import { readStatement, type Statement } from './read-statement.ts'

/** How many statements one process asks for at a time: CRLs, which may take 50 MB of memory each, and OCSP responses. */
const most = { crl: 4, ocsp: 24 }
/** How many of these one customer has, and one host. */
const mostOfOne = 2

const minute = 60_000
/** When a statement is asked for again: half-way to its end, within these limits. */
const refresh = { least: 5 * minute, crl: 60 * minute, ocsp: 240 * minute }
/** After the first failure, doubled with each further one. */
const retry = { first: minute, most: 60 * minute }
const spread = 0.2

interface CheckerDependencies {
  store: ExternalStatusStore
  checks: ExternalCheckStore
  ask: AskSource
  /** Revokes a certificate here, since its CA has; `finding` says what of it. */
  revoke(link: Link, finding: Finding): Promise<void>
  /** What holds in each environment. */
  listTerms(): ReadonlyMap<string, ExternalStatusTerms>
  clock: Clock
  onFailure(what: string, error: unknown): void
  /** From 0 to 1. */
  random?(): number
  /** Waits between two changes of many certificates; throws once the signal is aborted. */
  pause?(signal: AbortSignal): Promise<void>
}

/** Gateways read each change by itself, and a revocation waits behind those that came before it. */
const waitBriefly = (signal: AbortSignal): Promise<void> => wait(250, undefined, { signal })

/** Asks other CAs about the certificates that they issued. */
export interface StatusChecker {
  /** Looks for new certificates and begins to ask what is due; does not wait for answers. */
  begin(): Promise<void>
  /** Deletes what is no longer to be asked. */
  forget(): Promise<void>
  /** Waits until nothing is on its way. */
  settle(): Promise<void>
  /** Breaks off what is on its way: it is asked again by whoever asks next. */
  close(): Promise<void>
}

/**
 * Creates what asks other CAs from one process. Each source is asked by itself: a server that hangs delays no other, and
 * neither a customer nor a host has more than two requests on their way; those that fail leave half of the places.
 */
export function createStatusChecker(dependencies: CheckerDependencies): StatusChecker {
  const { store, checks, ask, revoke, listTerms, clock, onFailure } = dependencies
  const { random = Math.random, pause = waitBriefly } = dependencies
  const stop = new AbortController()
  const running = new Map<string, { check: Check; done: Promise<void> }>()

  const work = async (check: Check): Promise<void> => {
    if (check.kind === 'ocsp' && (await checks.standBy(check.id, clock.now()))) return
    const links = await checks.listLinks(check.id)
    const serialNumbers = new Set(links.map(({ serialNumber }) => serialNumber))
    let statement: Statement
    try {
      statement = await readStatement(ask, check, serialNumbers, { now: clock.now(), stop: stop.signal })
    } catch (error) {
      if (stop.signal.aborted) return
      if (!(error instanceof UnusableStatus)) throw error
      const now = clock.now()
      await checks.fail(
        check,
        { problem: error.message, nextAt: now + waitAfter(check.failures, random()) },
        now,
      )
      return
    }
    await revokeListed(check, links, statement)
    const now = clock.now()
    const { thisUpdate, confirmedUntil } = statement
    const nextAt = now + waitUntilNext(check.kind, confirmedUntil - now, random())
    const lookedFor = links.map(({ certificateId }) => certificateId)
    await checks.confirm(check, { confirmedUntil, thisUpdate, nextAt }, lookedFor, now)
  }

  /** One that cannot be revoked holds up no other, and the statement counts as one that was not had. */
  const revokeListed = async (
    check: Check,
    links: readonly Link[],
    { revoked }: Statement,
  ): Promise<void> => {
    const failures: unknown[] = []
    for (const link of links) {
      const entry = revoked.get(link.serialNumber)
      if (entry !== undefined)
        await revoke(link, toFinding(check, link, entry)).catch((error) => failures.push(error))
    }
    if (failures.length > 0) throw failures[0]
  }

  const start = (check: Check): void => {
    const done = work(check)
      .catch(async (error) => {
        if (stop.signal.aborted) return
        onFailure('ask-external-issuers', error)
        const now = clock.now()
        const problem = 'was not asked, because of a failure of Postern'
        await checks
          .fail(check, { problem, nextAt: now + waitAfter(check.failures, random()) }, now)
          .catch(() => {})
      })
      .finally(() => running.delete(check.id))
    running.set(check.id, { check, done })
  }

  const hasPlace = (check: Check): boolean => {
    const all = [...running.values()].map((one) => one.check)
    const count = (isMeant: (other: Check) => boolean) => all.filter(isMeant).length
    const ofKind = count(({ kind }) => kind === check.kind)
    const failing = count(({ kind, failures }) => kind === check.kind && failures > 0)
    return (
      ofKind < most[check.kind] &&
      (check.failures === 0 || failing < most[check.kind] / 2) &&
      count(({ host }) => host === check.host) < mostOfOne &&
      count(({ organizationId }) => organizationId === check.organizationId) < mostOfOne
    )
  }

  const listAsked = async () => {
    const terms = listTerms()
    const all = await store.listIssuers()
    return all.filter(({ environment, der }) => {
      const own = terms.get(environment)
      return own !== undefined && findGraceMs(own, nameOf(der)) !== undefined
    })
  }

  /** Which issuers were asked when all certificates were looked through, how far that has come, and when it began. */
  let looked = { issuers: '', after: '' as string | undefined, at: 0 }

  /** Has those certificates wait that were registered before their CA was to be asked. */
  const awaitMissing = async (ids: readonly string[]): Promise<void> => {
    const now = clock.now()
    const issuers = ids.toSorted().join()
    // A clock that is set back makes certificates valid again that were passed over.
    if (issuers !== looked.issuers || now < looked.at) looked = { issuers, after: '', at: now }
    if (looked.after !== undefined) looked.after = await store.awaitMissing(ids, looked.after, now)
  }

  /** It takes minutes for many certificates, in which the configuration may change. Returns whether there may be more. */
  const forgetNextUnasked = async (): Promise<boolean> => {
    const ids = (await listAsked()).map(({ id }) => id)
    return (await store.forgetUnasked(ids, clock.now())) === changedAtOnce
  }
  const pauseUnlessStopped = () =>
    pause(stop.signal).catch((error: unknown) => {
      if (!stop.signal.aborted) throw error
    })

  const describeNew = async (asked: Awaited<ReturnType<typeof listAsked>>): Promise<void> => {
    for (const stored of await store.listUndescribed(asked, clock.now()))
      try {
        await store.describe(stored.certificateId, await describeReadable(stored), clock.now())
      } catch (error) {
        onFailure('describe-external-certificate', error)
      }
  }

  const settle = async (): Promise<void> => {
    while (running.size > 0) await Promise.all([...running.values()].map(({ done }) => done))
  }

  return {
    settle,
    async begin() {
      if (stop.signal.aborted) return
      const asked = await listAsked()
      const ids = asked.map(({ id }) => id)
      await awaitMissing(ids)
      await describeNew(asked)
      const due = await checks.listDue(ids, [...running.keys()], clock.now())
      for (const check of due) if (!stop.signal.aborted && hasPlace(check)) start(check)
    },
    async forget() {
      while (!stop.signal.aborted && (await forgetNextUnasked())) await pauseUnlessStopped()
      if (stop.signal.aborted) return
      // When they are asked again, it begins anew.
      await store.forgetEnded(clock.now())
      looked = { issuers: '', after: '', at: 0 }
    },
    async close() {
      stop.abort(new Error('Postern stops'))
      await settle()
    },
  }
}

const nameOf = (der: Uint8Array): string => formatName(parseCertificate(der).subject)

/** A release with a less strict reader has taken what cannot be read now: nothing can be asked about it. */
async function describeReadable(stored: StoredChain): Promise<Description> {
  try {
    return await describeSources(stored)
  } catch (error) {
    if (!(error instanceof PosternError)) throw error
    return { links: [], isAskable: false }
  }
}

/** Returns how long to wait for the next statement, milliseconds; sources are not asked all at the same time. */
function waitUntilNext(kind: Check['kind'], leftMs: number, random: number): number {
  const wait = Math.min(Math.max(leftMs / 2, refresh.least), refresh[kind])
  return Math.round(wait * (1 - spread * random))
}

function waitAfter(failures: number, random: number): number {
  return Math.round(Math.min(retry.first * 2 ** failures, retry.most) * (1 - spread * random))
}

const reasons = Object.entries(revocationReasonDetails) as [RevocationReason, { code: number }][]

/**
 * Returns what the CA says. A reason that Postern has no word for, such as a hold, is none in particular: a revocation
 * here is final. The reason of a CA is not that of the certificates below it.
 */
function toFinding({ issuer }: Check, link: Link, entry: { revokedAt: number; reason: number }): Finding {
  const reason = reasons.find(([, { code }]) => code === entry.reason)?.[0] ?? 'unspecified'
  return {
    at: entry.revokedAt,
    reason: link.depth === 0 ? reason : 'unspecified',
    by: issuer,
    subject: link.depth === 0 ? null : link.subject,
  }
}
