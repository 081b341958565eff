import { randomBytes } from 'node:crypto'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { PosternError } from '../errors.ts'
import { parseCertificate } from '../pki/certificate/certificate.ts'
import { readExternalAnswer, writeExternalRequest } from '../pki/status/read-external-answer.ts'
import { findEntries, type ListedEntry, readExternalList } from '../pki/status/read-external-list.ts'
import { UnusableStatus } from '../pki/status/unusable-status.ts'
import type { AskSource } from './ask-source.ts'
import type { Check } from './external-check-store.ts'

/** What a CA has said. Times are milliseconds since 1970. */
export interface Statement {
  thisUpdate: number
  confirmedUntil: number
  /** The revoked ones of the certificates, by serial number. */
  revoked: ReadonlyMap<string, ListedEntry>
}

/** Clocks differ. */
const skewMs = 5 * 60_000
/** How long an answer holds that names no end (RFC 6960, section 4.2.2.1). */
const unendedMs = 24 * 3_600_000
const nonceOctets = 16

/**
 * Asks the URLs of a check one after the other until one gives a statement that is right, current, and not older than the
 * last one. Throws {@link UnusableStatus} with what was wrong with the last of them.
 */
export async function readStatement(
  ask: AskSource,
  check: Check,
  serialNumbers: ReadonlySet<string>,
  { now, stop }: { now: number; stop: AbortSignal },
): Promise<Statement> {
  let problem = new UnusableStatus('has no URL that can be asked')
  for (const url of check.urls)
    try {
      const statement =
        check.kind === 'crl'
          ? await readList(ask, check, { url, serialNumbers, stop })
          : await readAnswer(ask, check, { url, now, stop })
      assertCurrent(statement, check, now)
      return statement
    } catch (error) {
      problem = toProblem(error)
    }
  throw problem
}

/** Octets that cannot be read are a problem of the source; any other error is one of ours. */
function toProblem(error: unknown): UnusableStatus {
  if (error instanceof UnusableStatus) return error
  if (error instanceof PosternError) return new UnusableStatus('cannot be read')
  throw error
}

async function readList(
  ask: AskSource,
  { issuerDer, urls, isOfAuthorities }: Check,
  { url, serialNumbers, stop }: { url: string; serialNumbers: ReadonlySet<string>; stop: AbortSignal },
): Promise<Statement> {
  const der = await ask({ url }, stop)
  const issuer = parseCertificate(issuerDer)
  const list = await readExternalList(der, { issuer, uris: urls, isOfAuthorities })
  const revoked = new Map<string, ListedEntry>()
  // A long list is looked through in steps: the portal goes on answering in between.
  for (const _ of findEntries(list, serialNumbers, revoked)) {
    await nextTurn()
    stop.throwIfAborted()
  }
  return { thisUpdate: list.thisUpdate, confirmedUntil: list.nextUpdate, revoked }
}

async function readAnswer(
  ask: AskSource,
  { issuerDer, serialNumber }: Check,
  { url, now, stop }: { url: string; now: number; stop: AbortSignal },
): Promise<Statement> {
  const issuer = parseCertificate(issuerDer)
  const asked = { issuer, serialNumber: serialNumber ?? '', nonce: new Uint8Array(randomBytes(nonceOctets)) }
  const der = await ask({ url, body: await writeExternalRequest(asked) }, stop)
  const { entry, thisUpdate, nextUpdate } = await readExternalAnswer(der, asked, now)
  return {
    thisUpdate,
    confirmedUntil: nextUpdate ?? thisUpdate + unendedMs,
    revoked: new Map(entry === null ? [] : [[asked.serialNumber, entry]]),
  }
}

function assertCurrent(
  { thisUpdate, confirmedUntil }: Statement,
  { thisUpdate: before }: Pick<Check, 'thisUpdate'>,
  now: number,
): void {
  if (thisUpdate > now + skewMs) throw new UnusableStatus('is dated in the future')
  if (confirmedUntil <= now) throw new UnusableStatus('has expired')
  if (before !== null && thisUpdate < before) throw new UnusableStatus('is older than the one before it')
}
