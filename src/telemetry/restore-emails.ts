import type { LostRevocationKind } from '../contract/lost-revocation.ts'
import { writeBody } from '../shapes/email.ts'
import type { RestoreEmail, StoredLostRevocation } from './lost-revocation-store.ts'

const maxNamed = 100

const sentences: Record<LostRevocationKind, string> = {
  certificate_revoked: 'Certificates that the store called valid, though they had been revoked:',
  certificate_unknown:
    'Certificates that the store does not have. Calls with them are denied; create new ones:',
  credential_deleted: 'API credentials that had been deleted and were there again:',
  credential_unknown: 'API credentials that the store does not have. Create new ones:',
  credential_limited:
    'API credentials whose limits the store does not have as they were. Look at their scopes, networks and certificates:',
  secret_ended: 'API credentials with a client secret that had ended and counted again:',
  key_ended: 'API credentials with a public key that had been removed and counted again:',
  plan_enforced: 'Organizations of which certificates were required, and were no longer:',
  issuer_retired: 'CAs that had been retired, and were no longer:',
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
      'The store of Postern went back to an older state, for example because of a failover or a restored backup. The gateways know more than it:',
      '',
      ...[...Map.groupBy(named, ({ kind }) => kind)].flatMap(([kind, ofKind]) => [
        sentences[kind],
        ...ofKind.map(describe),
        '',
      ]),
      ...(settled.length > maxNamed ? [`${settled.length - maxNamed} more are on the page.`, ''] : []),
      'What had ended has been ended again where the line says so, and the gateways kept it refused all the time. Other changes of the time that was lost are lost, for example who may sign in.',
    ],
    `${portalUrl}/operate/gateways`,
  )
  const subject = `The store went back to an older state: ${settled.length} ${settled.length === 1 ? 'thing' : 'things'} to know`
  return operators.map((recipient) => ({
    key: `store-return:${settled[0]?.epochId}:${now}:${recipient.toLowerCase()}`,
    ...{ organizationId: null, recipient, subject, body },
  }))
}

const outcomes = {
  restored: 'ended again',
  absent: 'not in the store, or ended by now',
  refused: 'NOT ended again: do it yourself',
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
