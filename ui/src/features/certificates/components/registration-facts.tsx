import type { RegistrationView } from '../../../../../src/contract/registration.ts'
import { fingerprintText } from '../../../../../src/pki/der/fingerprint.ts'
import { CopyValue } from '../../../components/ui/copy-value.tsx'
import { Fact, Facts } from '../../../components/ui/facts.tsx'
import { Moment } from '../../../components/ui/moment.tsx'
import { Panel } from '../../../components/ui/panel.tsx'
import { dayOf } from '../../../lib/relative-time.ts'
import { sourceWords } from '../source-words.ts'

/** Shows what is to be registered. */
export function RegistrationFacts({ registration }: { registration: RegistrationView }) {
  const { subject, issuer, key, source, fingerprintSha256, notBefore, notAfter } = registration
  return (
    <Panel title="What is registered">
      <Facts>
        <Fact label="Subject">{subject || 'No subject'}</Fact>
        <Fact label="Issued by">{issuer || 'No name'}</Fact>
        <Fact label="Trust">{sourceWords[source]}</Fact>
        <Fact label="Key">{key}</Fact>
        <Fact label="Valid">{`${dayOf(new Date(notBefore))} to ${dayOf(new Date(notAfter))}`}</Fact>
        <Fact label="SHA-256 fingerprint">
          <CopyValue value={fingerprintText(fingerprintSha256)} what="the SHA-256 fingerprint" />
        </Fact>
        <Fact label="Begun">
          <Moment at={registration.createdAt} /> by {registration.createdBy}
        </Fact>
        {registration.status === 'waiting' && (
          <Fact label="Waits until">
            <Moment at={registration.expiresAt} />
          </Fact>
        )}
      </Facts>
    </Panel>
  )
}
