import type { StoreRestoreView } from '../../../../../src/contract/lost-revocation.ts'
import { Moment } from '../../../components/ui/moment.tsx'
import { Notice } from '../../../components/ui/notice.tsx'

type Ending = StoreRestoreView['lostRevocations'][number]

/**
 * Shows each time the store was restored to an older state, with what the gateways knew of the lost state.
 */
export function StoreRestores({ returns }: { returns: readonly StoreRestoreView[] }) {
  return returns.map(({ noticedAt, cause, noticedBy, total, lostRevocations }) => (
    <Notice
      key={noticedAt}
      tone="warn"
      title={cause === 'restored' ? 'The store was restored' : 'The store went back to an older state'}
    >
      <p>
        Noticed <Moment at={noticedAt} /> by {noticedBy}. Changes made since that state are lost.{' '}
        {total === 0
          ? 'The gateways know of nothing that had ended meanwhile.'
          : 'The gateways know more than the store:'}
      </p>
      {lostRevocations.length > 0 && (
        <ul>
          {lostRevocations.map((ending) => (
            <li key={`${ending.kind} ${ending.subjectId} ${ending.name}`}>{describe(ending)}</li>
          ))}
        </ul>
      )}
      {total > lostRevocations.length && <p>{(total - lostRevocations.length).toLocaleString('en')} more.</p>}
    </Notice>
  ))
}

const sentences: Record<Ending['kind'], string> = {
  certificate_revoked: 'was revoked, and the store called it valid',
  certificate_unknown: 'is not in the store, and calls with it are denied',
  credential_deleted: 'were deleted, and were there again',
  credential_unknown: 'are not in the store, and are denied',
  credential_restricted: 'had other limits. Look at them',
  secret_deleted: 'had a client secret that had ended, and it counted again',
  client_key_removed: 'had a public key that had been removed, and it counted again',
  enforcement_required: 'needed certificates, and no longer did',
  issuer_retired: 'was retired, and no longer was',
}

const outcomes: Record<NonNullable<Ending['outcome']>, string> = {
  revoked_again: 'It has been ended again.',
  already_gone: 'It has ended by now.',
  operator_required: 'The portal did not end it again: do it yourself. The gateways keep it denied.',
  reported: '',
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
