import type { CertificateView } from '../../../../../src/contract/certificate.ts'
import { Fact, Facts } from '../../../components/ui/facts.tsx'
import { Moment } from '../../../components/ui/moment.tsx'
import { Panel } from '../../../components/ui/panel.tsx'
import { sourceWords } from '../source-words.ts'

/** Shows the issuer of an external certificate, and how possession of its key was proven. */
export function ForeignPanel({ certificate }: { certificate: CertificateView }) {
  const { foreign, issued, source, createdBy } = certificate
  if (foreign === null) return null
  const { method, clientAddress, at } = foreign.proof
  return (
    <Panel title="Registered, not issued here">
      <Facts>
        {issued === null && <Fact label="Subject">{foreign.subject || 'No subject'}</Fact>}
        {issued === null && <Fact label="Issued by">{foreign.issuer || 'No name'}</Fact>}
        <Fact label="Trust">{sourceWords[source]}</Fact>
        <Fact label="Registered by">{createdBy}</Fact>
        <Fact label="Key proven">
          <Moment at={at} />
          {method === 'signature' ? ' by a signature' : ` by a call from ${clientAddress}`}
        </Fact>
      </Facts>
      <p>Revoke it here too when its own authority does: the gateway does not ask there.</p>
    </Panel>
  )
}
