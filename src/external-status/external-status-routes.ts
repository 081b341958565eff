import type { ExternalSourceView } from '../contract/external-source.ts'
import type { Handlers } from '../http/handler.ts'
import { parseCertificate } from '../pki/certificate/certificate.ts'
import { formatName } from '../pki/name/name.ts'
import { type ExternalStatusTerms, findGraceMs, findMode } from '../shapes/external-status-terms.ts'
import { toText } from '../shapes/moment.ts'
import type { ExternalStatusStore } from './external-status-store.ts'
import type { Source, SourceListStore } from './source-list-store.ts'

interface Dependencies {
  store: Pick<ExternalStatusStore, 'listIssuers'>
  sources: Pick<SourceListStore, 'list'>
  listTerms(): ReadonlyMap<string, ExternalStatusTerms>
}

/** Returns the handlers of what other CAs are asked. */
export const externalStatusRoutes = ({
  store,
  sources,
  listTerms,
}: Dependencies): Pick<Handlers, 'listExternalSources'> => ({
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
