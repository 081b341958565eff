import type { ClientCertificateState } from '../contract/webhook.ts'

/** What decides which client certificate of a webhook is presented. Times are milliseconds since 1970. */
export interface DatedCertificate {
  id: string
  /** Null until there is a certificate for the key. */
  notBefore: number | null
  notAfter: number | null
  liveFrom: number | null
}

/** The last second of the validity is inclusive (RFC 5280, section 4.1.2.5). */
const isValid = ({ notBefore, notAfter }: DatedCertificate, now: number): boolean =>
  notBefore !== null && notAfter !== null && notBefore <= now && now < notAfter + 1000

const hasBegun = ({ liveFrom }: DatedCertificate, now: number): boolean =>
  liveFrom !== null && liveFrom <= now

/**
 * Finds the certificate that deliveries present: of those that are valid, the one that was made the live one last. When
 * that one expires, another one that is valid takes its place, whether anybody said so or not: a delivery with it may
 * succeed, and one without cannot.
 */
export function findLiveCertificate<Dated extends DatedCertificate>(
  certificates: readonly Dated[],
  now: number,
): Dated | undefined {
  const valid = certificates.filter((one) => isValid(one, now))
  const begun = valid.filter((one) => hasBegun(one, now))
  const latest = (list: readonly Dated[], momentOf: (one: Dated) => number) =>
    list.toSorted((a, b) => momentOf(b) - momentOf(a) || (a.id < b.id ? 1 : -1))[0]
  return latest(begun, ({ liveFrom }) => liveFrom ?? 0) ?? latest(valid, ({ notAfter }) => notAfter ?? 0)
}

/** Finds the valid certificate that deliveries presented before the live one; undefined while there is none. */
export function findFormerCertificate<Dated extends DatedCertificate>(
  certificates: readonly Dated[],
  now: number,
): Dated | undefined {
  const live = findLiveCertificate(certificates, now)
  const others = certificates.filter((one) => one.id !== live?.id && hasBegun(one, now))
  return findLiveCertificate(others, now)
}

/** Returns the state of a client certificate beside the others of its webhook. */
export function getCertificateState(
  certificate: DatedCertificate,
  all: readonly DatedCertificate[],
  now: number,
): ClientCertificateState {
  const { id, notAfter } = certificate
  if (notAfter === null) return 'requested'
  if (now >= notAfter + 1000) return 'expired'
  if (id === findLiveCertificate(all, now)?.id) return 'live'
  return hasBegun(certificate, now) ? 'former' : 'next'
}
