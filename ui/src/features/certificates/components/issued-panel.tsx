import type { CertificateView } from '../../../../../src/contract/certificate.ts'
import { fingerprintText } from '../../../../../src/pki/der/fingerprint.ts'
import { CopyValue } from '../../../components/ui/copy-value.tsx'
import { DescriptionItem, DescriptionList } from '../../../components/ui/description-list.tsx'
import { Panel } from '../../../components/ui/panel.tsx'
import { getDay } from '../../../lib/relative-time.ts'
import classes from './issued-panel.module.css'
import { ValidityBar } from './validity-bar.tsx'

const hex = /^(?:[0-9a-f]{2})+$/i
const readable = (value: string) => (hex.test(value) ? fingerprintText(value) : value)

/** Shows the content and validity period of the certificate. */
export function IssuedPanel({ certificate }: { certificate: CertificateView }) {
  const { issued, notBefore, notAfter, revocation, request, external } = certificate
  if (issued === null) return null
  return (
    <Panel title="Certificate">
      {notBefore && notAfter && (
        <ValidityBar notBefore={notBefore} notAfter={notAfter} ended={revocation?.at} />
      )}
      <div className={classes.facts}>
        <DescriptionList>
          <DescriptionItem label="Subject">{issued.subject}</DescriptionItem>
          {issued.uri !== null && (
            <DescriptionItem label="Alternative name">
              <CopyValue value={issued.uri} what="the alternative name" />
            </DescriptionItem>
          )}
          {(external ?? request) && (
            <DescriptionItem label="Key">{(external ?? request)?.keyAlgorithm}</DescriptionItem>
          )}
          <DescriptionItem label="Issued by">{issued.issuer}</DescriptionItem>
        </DescriptionList>
        <IssuedBytes issued={issued} />
      </div>
    </Panel>
  )
}

/** Shows what programs compare: numbers, fingerprints and the chain. */
function IssuedBytes({ issued }: { issued: NonNullable<CertificateView['issued']> }) {
  return (
    <details className={classes.bytes}>
      <summary>Serial number, fingerprints and chain</summary>
      <DescriptionList>
        <DescriptionItem label="Serial number">
          <CopyValue value={issued.serialNumber} what="the serial number" unbroken />
        </DescriptionItem>
        <DescriptionItem label="SHA-256 fingerprint">
          <CopyValue value={readable(issued.fingerprintSha256)} what="the SHA-256 fingerprint" unbroken />
        </DescriptionItem>
        <DescriptionItem label="SHA-1 fingerprint">
          <CopyValue value={readable(issued.fingerprintSha1)} what="the SHA-1 fingerprint" unbroken />
        </DescriptionItem>
        <DescriptionItem label="x5t#S256">
          <CopyValue value={issued.thumbprint} what="the thumbprint that tokens are bound to" unbroken />
        </DescriptionItem>
        {issued.chain.length > 0 && (
          <DescriptionItem label="Chain">
            <ol className={classes.chain}>
              {issued.chain.map(({ subject, notAfter: end }) => (
                <li key={subject}>
                  {subject}
                  <span>{`until ${getDay(new Date(end))}`}</span>
                </li>
              ))}
            </ol>
          </DescriptionItem>
        )}
      </DescriptionList>
    </details>
  )
}
