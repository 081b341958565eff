import type { CertificateView } from '../../../../../src/contract/certificate.ts'
import { DescriptionItem, DescriptionList } from '../../../components/ui/description-list.tsx'
import { Moment } from '../../../components/ui/moment.tsx'
import { Panel } from '../../../components/ui/panel.tsx'
import { ActorName } from '../../../lib/actor-name.tsx'
import { sourceWords } from '../source-words.ts'
import { ExternalStatus } from './external-status.tsx'
import { QualifiedItems } from './qualified-items.tsx'

const asked =
  'If its CA revokes the certificate, and names a CRL or OCSP in it, Postern learns of it and revokes it here. To be sure, revoke it here too.'
const aboutRevocation = {
  postern: asked,
  trusted_issuer: asked,
  pinned: 'If its CA revokes the certificate, revoke it here too: its CA is not asked.',
} as const

/** Shows the issuer of an external certificate, and how possession of its key was proven. */
export function ExternalPanel({ certificate }: { certificate: CertificateView }) {
  const { external, issued, source, createdBy, status } = certificate
  const isAsked = status === 'issued' && source !== 'pinned'
  if (external === null) return null
  const { method, clientAddress, at } = external.proof
  return (
    <Panel title="Certificate from another CA">
      <DescriptionList>
        {issued === null && (
          <DescriptionItem label="Subject">{external.subject || 'No subject'}</DescriptionItem>
        )}
        {issued === null && (
          <DescriptionItem label="Issued by">{external.issuer || 'No name'}</DescriptionItem>
        )}
        <DescriptionItem label="Trust">{sourceWords[source]}</DescriptionItem>
        <QualifiedItems details={external.qualified} />
        <DescriptionItem label="Registered by">
          <ActorName actor={createdBy} />
        </DescriptionItem>
        <DescriptionItem label="Key proven">
          <Moment at={at} />
          {method === 'signature' ? ' by a signature' : ` by a call from ${clientAddress}`}
        </DescriptionItem>
      </DescriptionList>
      {external.revokedByIssuer === null ? (
        isAsked ? (
          <ExternalStatus certificate={certificate} />
        ) : (
          <p>{aboutRevocation[source]}</p>
        )
      ) : (
        <p>
          {external.revokedByIssuer.issuer} lists{' '}
          {external.revokedByIssuer.authority === null
            ? 'this certificate'
            : `the CA ${external.revokedByIssuer.authority}, which stands above this certificate,`}{' '}
          as revoked since <Moment at={external.revokedByIssuer.since} />. So it was revoked here too. Ask
          your CA for the reason, and create a new certificate with a new key.
        </p>
      )}
    </Panel>
  )
}
