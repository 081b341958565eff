import type { StoreRestoreView } from '../../../../../src/contract/lost-revocation.ts'
import { Moment } from '../../../components/ui/moment.tsx'
import { Notice } from '../../../components/ui/notice.tsx'

type Ending = StoreRestoreView['endings'][number]

/**
 * Shows each time the store was restored to an older state, with what the gateways knew of the lost state.
 */
export function StoreRestores({ returns }: { returns: readonly StoreRestoreView[] }) {
  return returns.map(({ beganAt, cause, noticedBy, total, endings }) => (
    <Notice
      key={beganAt}
      tone="warn"
      title={cause === 'restored' ? 'The store was restored' : 'The store went back to an older state'}
    >
      <p>
        Noticed <Moment at={beganAt} /> by {noticedBy}. Changes made since that state are lost.{' '}
        {total === 0
          ? 'The gateways know of nothing that had ended meanwhile.'
          : 'The gateways know more than the store:'}
      </p>
      {endings.length > 0 && (
        <ul>
          {endings.map((ending) => (
            <li key={`${ending.kind} ${ending.subjectId} ${ending.name}`}>{describe(ending)}</li>
          ))}
        </ul>
      )}
      {total > endings.length && <p>{(total - endings.length).toLocaleString('en')} more.</p>}
    </Notice>
  ))
}

const sentences: Record<Ending['kind'], string> = {
  certificate_revoked: 'was revoked, and the store called it valid',
  certificate_unknown: 'is not in the store, and calls with it are denied',
  credential_deleted: 'were deleted, and were there again',
  credential_unknown: 'are not in the store, and are denied',
  credential_limited: 'had other limits. Look at them',
  secret_ended: 'had a client secret that had ended, and it counted again',
  key_ended: 'had a public key that had been removed, and it counted again',
  plan_enforced: 'needed certificates, and no longer did',
  issuer_retired: 'was retired, and no longer was',
}

const outcomes: Record<NonNullable<Ending['outcome']>, string> = {
  restored: 'It has been ended again.',
  absent: 'It has ended by now.',
  refused: 'The portal did not end it again: do it yourself. The gateways keep it denied.',
  told: '',
}

function describe({
  kind,
  name,
  organization,
  environment,
  serialNumber,
  fingerprintSha256,
  outcome,
}: Ending) {
  const place = [organization, environment].filter(Boolean).join(', ')
  const number = serialNumber
    ? `, serial number ${serialNumber}`
    : fingerprintSha256
      ? `, SHA-256 ${fingerprintSha256}`
      : ''
  const end = outcome === null ? 'It is being ended again; the gateways keep it denied.' : outcomes[outcome]
  return `${name} (${place}${number}) ${sentences[kind]}. ${end}`
}
