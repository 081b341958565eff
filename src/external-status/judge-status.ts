import type { ExternalStatusView } from '../contract/external-status.ts'
import { type AskedStatus, getConfirmedUntil } from '../shapes/confirmed-until.ts'
import { type ExternalStatusTerms, findGraceMs, findMode } from '../shapes/external-status-terms.ts'

/** What decides about a certificate from another CA, as the store has it. */
export interface JudgedStatus {
  /** The name of the trusted issuer (RFC 4514); null for a pinned certificate. */
  trustedIssuer: string | null
  /** Undefined before its CA was first to be asked. */
  status: (AskedStatus & { isAwaited: boolean }) | undefined
  /** The end of the last answer of each statement. */
  ends: ReadonlyMap<string, number | null>
}

type Judgment = Pick<ExternalStatusView, 'state' | 'mode'> & {
  confirmedUntil: number | null
  deniedFrom: number | null
}

/** Returns how a certificate stands with its CAs at `now`, by the rules of gateways; milliseconds since 1970. */
export function judgeStatus(
  { trustedIssuer, status, ends }: JudgedStatus,
  terms: ExternalStatusTerms | undefined,
  now: number,
): Judgment {
  const none = { confirmedUntil: null, deniedFrom: null }
  const graceMs = terms && trustedIssuer !== null ? findGraceMs(terms, trustedIssuer) : undefined
  if (terms === undefined || trustedIssuer === null || graceMs === undefined)
    return { state: 'not_asked', mode: 'off', ...none }
  const mode = findMode(terms, trustedIssuer)
  if (status === undefined) return { state: mode === 'hard' ? 'denied' : 'waiting', mode, ...none }
  if (mode === 'hard' && !status.isAskable)
    return { state: status.isAwaited ? 'waiting' : 'denied', mode, ...none, deniedFrom: status.describedAt }
  const until = getConfirmedUntil(status, ends)
  if (until === Number.POSITIVE_INFINITY)
    return { state: status.isAskable ? 'nothing_to_ask' : 'not_askable', mode, ...none }
  const isAnswered = until > status.describedAt
  const confirmedUntil = isAnswered ? until : null
  const deniedFrom = until + graceMs
  const isDenied = now >= deniedFrom && (isAnswered || graceMs > 0)
  const state = isDenied ? 'denied' : !isAnswered ? 'waiting' : now < until ? 'confirmed' : 'unconfirmed'
  return { state, mode, confirmedUntil, deniedFrom }
}
