import type { RegistrationView } from '../../../../../src/contract/registration.ts'
import { fingerprintText } from '../../../../../src/pki/der/fingerprint.ts'
import { CopyValue } from '../../../components/ui/copy-value.tsx'
import { DescriptionItem, DescriptionList } from '../../../components/ui/description-list.tsx'
import { Moment } from '../../../components/ui/moment.tsx'
import { Panel } from '../../../components/ui/panel.tsx'
import { ActorName } from '../../../lib/actor-name.tsx'
import { getDay } from '../../../lib/relative-time.ts'
import { sourceWords } from '../source-words.ts'
import { QualifiedItems } from './qualified-items.tsx'

/** Shows what is to be registered. */
export function RegistrationDetails({ registration }: { registration: RegistrationView }) {
  const { subject, issuer, keyAlgorithm, source, fingerprintSha256, notBefore, notAfter } = registration
  return (
    <Panel title="Registration">
      <DescriptionList>
        <DescriptionItem label="Subject">{subject || 'No subject'}</DescriptionItem>
        <DescriptionItem label="Issued by">{issuer || 'No name'}</DescriptionItem>
        <DescriptionItem label="Trust">{sourceWords[source]}</DescriptionItem>
        <DescriptionItem label="Key">{keyAlgorithm}</DescriptionItem>
        <QualifiedItems details={registration.qualified} />
        <DescriptionItem label="Valid">{`${getDay(new Date(notBefore))} to ${getDay(new Date(notAfter))}`}</DescriptionItem>
        <DescriptionItem label="SHA-256 fingerprint">
          <CopyValue value={fingerprintText(fingerprintSha256)} what="the SHA-256 fingerprint" />
        </DescriptionItem>
        <DescriptionItem label="Created">
          <Moment at={registration.createdAt} /> by <ActorName actor={registration.createdBy} />
        </DescriptionItem>
        {registration.status === 'pending' && (
          <DescriptionItem label="Expires">
            <Moment at={registration.expiresAt} />
          </DescriptionItem>
        )}
      </DescriptionList>
    </Panel>
  )
}
