import type { CertificateView } from '../../../../../src/contract/certificate.ts'
import { fingerprintText } from '../../../../../src/pki/der/fingerprint.ts'
import { CopyButton } from '../../../components/ui/copy-button.tsx'
import { CopyValue } from '../../../components/ui/copy-value.tsx'
import { DescriptionItem, DescriptionList } from '../../../components/ui/description-list.tsx'
import { Moment } from '../../../components/ui/moment.tsx'
import { Notice } from '../../../components/ui/notice.tsx'
import { Panel } from '../../../components/ui/panel.tsx'
import { ActorName } from '../../../lib/actor-name.tsx'
import { DifferencesTable } from './differences-table.tsx'

/** Shows the CSR of the certificate: its content, who submitted it, from where. */
export function RequestPanel({ request }: { request: NonNullable<CertificateView['request']> }) {
  return (
    <Panel
      title="Certificate Signing Request (CSR)"
      actions={<CopyButton value={request.csr} what="the CSR" />}
    >
      <DescriptionList>
        <DescriptionItem label="Submitted">
          <Moment at={request.submittedAt} /> by <ActorName actor={request.submittedBy} />
        </DescriptionItem>
        <DescriptionItem label="From">{request.submittedFrom}</DescriptionItem>
        <DescriptionItem label="Requested subject">{request.subject || 'No subject'}</DescriptionItem>
        <DescriptionItem label="Key">{request.keyAlgorithm}</DescriptionItem>
        <DescriptionItem label="Key fingerprint">
          <CopyValue value={fingerprintText(request.publicKeySha256)} what="the fingerprint of the key" />
        </DescriptionItem>
      </DescriptionList>
      {request.requestedPrivileges.length > 0 && (
        <Notice tone="warn" title="The CSR asked for more than a client certificate may have">
          <p>{`The CSR asked ${request.requestedPrivileges.join(', ')}. The certificate does not contain it.`}</p>
        </Notice>
      )}
      {request.differences.length > 0 && (
        <>
          <p>The certificate differs from the CSR:</p>
          <DifferencesTable differences={request.differences} />
        </>
      )}
    </Panel>
  )
}
