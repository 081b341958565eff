import { formatCount } from '../contract/format-count.ts'
import type { LostRevocationKind } from '../contract/lost-revocation.ts'
import { writeBody } from '../shapes/email.ts'
import type { RestoreEmail, StoredLostRevocation } from './lost-revocation-store.ts'

const maxNamed = 100

const sentences: Record<LostRevocationKind, string> = {
  certificate_revoked: 'Revoked certificates that the store had as valid:',
  certificate_unknown:
    'Certificates that the store does not have. Calls with them are denied; create new ones:',
  credential_deleted: 'Deleted API credentials that existed again:',
  credential_unknown: 'API credentials that the store does not have. Create new ones:',
  credential_limited:
    'API credentials whose limits the store has lost. Check their scopes, networks and certificates:',
  secret_ended: 'API credentials with an expired or revoked client secret that was accepted again:',
  key_ended: 'API credentials with a removed public key that was accepted again:',
  plan_enforced: 'Organizations that required certificates, but no longer did:',
  migration_limited:
    'Organizations whose certificates from other CAs, or whose exception, had ended and were accepted again:',
  issuer_retired: 'Retired CAs that were in service again:',
  organization_stopped: 'Suspended or closed organizations that were active again:',
}

/** Composes one email to each operator about the losses of a restore of the store. */
export function writeRestoreEmails(
  settled: readonly StoredLostRevocation[],
  operators: readonly string[],
  portalUrl: string,
  now: number,
): RestoreEmail[] {
  const named = settled.slice(0, maxNamed)
  const body = writeBody(
    [
      'The store of Postern was set back to an older state, for example by a failover or a restored backup. The gateways know changes that the store has lost:',
      '',
      ...[...Map.groupBy(named, ({ kind }) => kind)].flatMap(([kind, ofKind]) => [
        sentences[kind],
        ...ofKind.map(describe),
        '',
      ]),
      ...(settled.length > maxNamed ? [`${settled.length - maxNamed} more are on the page.`, ''] : []),
      'Postern has repeated the changes whose lines say so. The gateways have denied these requests all the time. Other changes since that state are lost, for example who can sign in.',
    ],
    `${portalUrl}/operate/gateways`,
  )
  const subject = `The store was set back to an older state: ${formatCount(settled.length, 'lost change')}`
  return operators.map((recipient) => ({
    key: `store-return:${settled[0]?.epochId}:${now}:${recipient.toLowerCase()}`,
    ...{ organizationId: null, recipient, subject, body },
  }))
}

const outcomes = {
  restored: 'repeated',
  absent: 'not in the store, or already in effect',
  refused: 'NOT repeated: make this change yourself',
  told: '',
} as const

function describe({
  name,
  organizationSlug,
  environment,
  detail,
  serialNumber,
  outcome,
}: StoredLostRevocation): string {
  const details = [
    organizationSlug,
    environment,
    serialNumber && `serial number ${serialNumber}`,
    detail.fingerprint && `SHA-256 ${detail.fingerprint}`,
    outcome && outcomes[outcome],
  ]
  return `- ${name} (${details.filter(Boolean).join(', ')})`
}
