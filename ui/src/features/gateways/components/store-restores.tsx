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
      title={cause === 'restored' ? 'The store was restored' : 'The store was set back to an older state'}
    >
      <p>
        Noticed <Moment at={noticedAt} /> by {noticedBy}. All later changes are lost.{' '}
        {total === 0
          ? 'The gateways know of no revocation or deletion that was lost.'
          : 'The gateways know changes that the store has lost:'}
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
  certificate_revoked: 'was revoked, but the store had it as valid',
  certificate_unknown: 'is not in the store, and calls with it are denied',
  credential_deleted: 'were deleted, but existed again',
  credential_unknown: 'are not in the store, and are denied',
  credential_restricted: 'had other limits. Check them',
  secret_deleted: 'had an expired or revoked client secret that was accepted again',
  client_key_removed: 'had a removed public key that was accepted again',
  enforcement_required: 'required certificates, but no longer did',
  external_certificates_ended: 'had an end of certificates from other CAs, or of an exception, that was lost',
  issuer_retired: 'was retired, but no longer was',
  organization_stopped: 'was suspended or closed, but was active again',
}

const outcomes: Record<NonNullable<Ending['outcome']>, string> = {
  revoked_again: 'Postern has repeated the change.',
  already_gone: 'The change is in effect again.',
  operator_required:
    'The portal could not repeat the change: make it yourself. The gateways continue to deny requests with it.',
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
  const end =
    outcome === null
      ? 'Postern is repeating the change. Until then the gateways continue to deny requests with it.'
      : outcomes[outcome]
  return `${name} (${place}${number}) ${sentences[kind]}. ${end}`
}
