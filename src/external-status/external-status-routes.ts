import type { Clock } from '../clock.ts'
import type { ExternalSourceView } from '../contract/external-source.ts'
import type { ExternalStatusView } from '../contract/external-status.ts'
import { PosternError } from '../errors.ts'
import type { Handlers } from '../http/handler.ts'
import { parseCertificate } from '../pki/certificate/certificate.ts'
import { formatName } from '../pki/name/name.ts'
import { type ExternalStatusTerms, findGraceMs, findMode } from '../shapes/external-status-terms.ts'
import { toText } from '../shapes/moment.ts'
import type { StoredStatus } from './certificate-status-store.ts'
import type { ExternalStatusStore } from './external-status-store.ts'
import { judgeStatus } from './judge-status.ts'
import type { Source, SourceListStore } from './source-list-store.ts'

interface Dependencies {
  store: Pick<ExternalStatusStore, 'listIssuers'>
  sources: Pick<SourceListStore, 'list'>
  /** Finds what is known of a certificate from another CA that is valid at `now`. */
  findStatus(organizationId: string, certificateId: string, now: number): Promise<StoredStatus | undefined>
  listTerms(): ReadonlyMap<string, ExternalStatusTerms>
  clock: Clock
}

/** Returns the handlers of what other CAs are asked. */
export const externalStatusRoutes = ({
  store,
  sources,
  findStatus,
  listTerms,
  clock,
}: Dependencies): Pick<Handlers, 'listExternalSources' | 'getExternalStatus'> => ({
  async getExternalStatus({ organization, params }) {
    const now = clock.now()
    const stored = await findStatus(organization.id, params.certificateId, now)
    if (stored === undefined)
      throw new PosternError('not_found', 'There is no such valid certificate from another CA here.')
    return toStatusView(stored, listTerms().get(stored.environment), now)
  },

  async listExternalSources({ query }) {
    const { items, nextCursor } = await sources.list(query)
    const terms = listTerms()
    const issuers = new Map((await store.listIssuers()).map((issuer) => [issuer.id, issuer]))
    return {
      items: items.map((source) => {
        const issuer = issuers.get(source.issuerId)
        const environment = issuer?.environment ?? ''
        const trustedIssuer = issuer === undefined ? '' : formatName(parseCertificate(issuer.der).subject)
        return toView(source, { environment, trustedIssuer }, terms.get(environment))
      }),
      nextCursor,
    }
  },
})

function toStatusView(
  { issuerDer, status, ends, sources }: StoredStatus,
  terms: ExternalStatusTerms | undefined,
  now: number,
): ExternalStatusView {
  const trustedIssuer = issuerDer && formatName(parseCertificate(issuerDer).subject)
  const judged = judgeStatus({ trustedIssuer, status, ends }, terms, now)
  return {
    ...{ state: judged.state, mode: judged.mode },
    confirmedUntil: toText(judged.confirmedUntil),
    deniedFrom: toText(judged.deniedFrom),
    sources:
      judged.mode === 'off'
        ? []
        : sources.map((source) => ({
            ...source,
            answeredAt: toText(source.answeredAt),
            confirmedUntil: toText(source.confirmedUntil),
          })),
  }
}

function toView(
  source: Source,
  place: { environment: string; trustedIssuer: string },
  terms: ExternalStatusTerms | undefined,
): ExternalSourceView {
  const graceMs = terms && findGraceMs(terms, place.trustedIssuer)
  const { confirmedUntil, createdAt, nextAt } = source
  // What stands by for a CRL denies nothing by itself.
  const isAsked = graceMs !== undefined && nextAt !== null
  return {
    ...place,
    id: source.id,
    issuer: source.issuer,
    kind: source.kind,
    urls: [...source.urls],
    certificates: source.certificates,
    mode: terms === undefined ? 'off' : findMode(terms, place.trustedIssuer),
    answeredAt: toText(source.answeredAt),
    confirmedUntil: toText(confirmedUntil),
    deniedFrom: isAsked ? toText((confirmedUntil ?? createdAt) + graceMs) : null,
    failingSince: toText(source.failingSince),
    problem: source.problem,
    nextAt: toText(nextAt),
  }
}
