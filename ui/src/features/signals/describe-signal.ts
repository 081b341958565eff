import { formatCount } from '../../../../src/contract/format-count.ts'
import type { SignalView } from '../../../../src/contract/signal.ts'
import { getDay } from '../../lib/relative-time.ts'

/** A signal as pages show it, with its one action. */
export interface DescribedSignal {
  id: string
  title: string
  detail: string
  action: string
  leadsTo: { page: 'certificate' | 'rotation'; certificateId: string } | { page: 'credentials' }
}

/** Returns the words of a signal, and where its action is done. */
export function describeSignal(signal: SignalView): DescribedSignal {
  if (signal.kind === 'secret_old')
    return {
      id: signal.id,
      title: `The client secret of ${signal.credential.name} is old`,
      detail: `It was created on ${dayText(signal.secretCreatedAt)}.${ruleOf(signal, (days) => ` Secrets are named here after ${days}.`)}`,
      action: 'Rotate secret',
      leadsTo: { page: 'credentials' },
    }
  const { id, name, description } = signal.certificate
  const about = description === '' ? '' : ` ${description}.`
  const toCertificate = { page: 'certificate', certificateId: id } as const
  switch (signal.kind) {
    case 'certificate_unused':
      return {
        id: signal.id,
        title:
          signal.lastUsedAt === null
            ? `${name} has never been used`
            : `${name} has not been used since ${dayText(signal.lastUsedAt)}`,
        detail: `Revoke it if nothing needs it.${about}${ruleOf(signal, (days) => ` Certificates are named here after ${days} without a call.`)}`,
        action: 'Review certificate',
        leadsTo: toCertificate,
      }
    case 'replacement_unused':
      return {
        id: signal.id,
        title: `${name} has never been used`,
        detail: `It was issued on ${dayText(signal.issuedAt)} to replace ${signal.replaces.name}.${ruleOf(signal, (days) => ` Unused replacements are named here after ${days}.`)}`,
        action: 'Continue rotation',
        leadsTo: { page: 'rotation', certificateId: id },
      }
    case 'revoked_certificate_used':
      return {
        id: signal.id,
        title: `Calls with ${name} go on after its revocation`,
        detail: `It was revoked on ${dayText(signal.revokedAt)}. Find the client that sends them.${about}`,
        action: 'Find client',
        leadsTo: toCertificate,
      }
    case 'new_address':
      return {
        id: signal.id,
        title: `${name} is used from a new network`,
        detail: `Calls come from ${signal.network}. Revoke the certificate if you do not know who calls.`,
        action: 'Review calls',
        leadsTo: toCertificate,
      }
    case 'key_kind_ends':
      return {
        id: signal.id,
        title:
          signal.acceptedUntil === null
            ? `New certificates can no longer have a key like that of ${name}`
            : `New certificates can have a key like that of ${name} until ${dayText(signal.acceptedUntil)}`,
        detail: `Its key is ${keyWords[signal.keyKind]}. Rotate it with a key of another kind.${about}`,
        action: 'Rotate certificate',
        leadsTo: toCertificate,
      }
  }
}

/** What the days of the configuration mean; nothing for an environment that has none any more. */
const ruleOf = ({ afterDays }: { afterDays: number | null }, say: (days: string) => string): string =>
  afterDays === null ? '' : say(formatCount(afterDays, 'day'))

const dayText = (moment: string): string => getDay(new Date(moment))

const keyWords: Record<Extract<SignalView, { kind: 'key_kind_ends' }>['keyKind'], string> = {
  ec_p256: 'EC P-256',
  ec_p384: 'EC P-384',
  ec_p521: 'EC P-521',
  rsa_2048: 'RSA 2048',
  rsa_3072: 'RSA 3072',
  rsa_4096: 'RSA 4096',
  ed25519: 'Ed25519',
}
