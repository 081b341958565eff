import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import type { CertificateView } from '../../../../../src/contract/certificate.ts'
import type { ExternalStatusView } from '../../../../../src/contract/external-status.ts'
import { ErrorNotice } from '../../../components/ui/error-notice.tsx'
import { Moment } from '../../../components/ui/moment.tsx'
import { Notice } from '../../../components/ui/notice.tsx'
import { TableSkeleton } from '../../../components/ui/table-skeleton.tsx'
import { useWorkspace } from '../../../lib/workspace.tsx'
import { externalStatusQuery } from '../api/get-external-status.ts'

/** Shows whether the CAs of a valid certificate were asked if it is revoked, how old the answer is, and what happens without one. */
export function ExternalStatus({ certificate: { id } }: { certificate: Pick<CertificateView, 'id'> }) {
  const { params } = useWorkspace()
  const { organization } = params
  const { data, error, refetch } = useQuery(externalStatusQuery({ organization, certificateId: id }))
  if (error) return <ErrorNotice error={error} onRetry={refetch} />
  if (data === undefined) return <TableSkeleton what="what its CA says" />
  return (
    <>
      {data.sources.length > 0 && (
        <p>
          Postern asks its CAs whether it is revoked, and then revokes it here. To be sure, revoke it here
          too.
        </p>
      )}
      {data.sources.length > 0 && (
        <ul>
          {data.sources.map(({ kind, issuer, url, answeredAt, confirmedUntil, problem }) => (
            <li key={`${kind} ${issuer} ${url}`} style={{ overflowWrap: 'anywhere' }}>
              {kind === 'crl' ? 'CRL' : 'OCSP'} of {issuer}: {toAnswer(answeredAt, confirmedUntil)}
              {problem !== null && ` The last time, it ${problem}.`}
            </li>
          ))}
        </ul>
      )}
      {toSentence(data)}
    </>
  )
}

const toAnswer = (answeredAt: string | null, confirmedUntil: string | null): ReactNode =>
  answeredAt === null ? (
    'no answer yet.'
  ) : (
    <>
      last answer <Moment at={answeredAt} />, holds until <Moment at={confirmedUntil} />.
    </>
  )

const revokeHere = 'If its CA revokes it, revoke it here too.'

function toSentence({ state, mode, deniedFrom }: ExternalStatusView): ReactNode {
  const accepted = deniedFrom !== null && (
    <>
      Until then, calls are accepted. Without an answer, they are denied from <Moment at={deniedFrom} /> on.
    </>
  )
  switch (state) {
    case 'not_asked':
      return <p>Its CA is not asked whether it is revoked. {revokeHere}</p>
    case 'nothing_to_ask':
      return <p>The certificate names neither a CRL nor OCSP, so its CA cannot be asked. {revokeHere}</p>
    case 'not_askable':
      return <p>The certificate names only a CRL or OCSP that Postern cannot ask. {revokeHere}</p>
    case 'confirmed':
      return (
        <p>
          Its CA confirms that it is not revoked. If Postern gets no further answer, calls are denied from{' '}
          <Moment at={deniedFrom} /> on.
        </p>
      )
    case 'waiting':
      return (
        <p>Its CA has not answered yet. {mode === 'hard' ? 'Calls are denied until it does.' : accepted}</p>
      )
    case 'unconfirmed':
      return (
        <Notice tone="warn" title="Its CA no longer confirms that it is not revoked">
          <p>
            The last answer has expired. {accepted} Tell your CA and your provider, or replace the certificate
            with one from Postern.
          </p>
        </Notice>
      )
    case 'denied':
      return (
        <Notice tone="bad" title="Calls are denied: its CA does not confirm that it is not revoked">
          <p>
            They are accepted again when its CA answers. Tell your CA and your provider, or replace the
            certificate with one from Postern.
          </p>
        </Notice>
      )
  }
}
