import { keyKindNames } from '../contract/enum-names.ts'
import type { SignalView } from '../contract/signal.ts'
import { readActor } from '../shapes/actor.ts'
import { toText } from '../shapes/moment.ts'
import type { SignalRules } from './signal.ts'
import type { DetailKeyKind, SignalSubject, StoredSignal } from './signal-store.ts'

/** What is shown of a certificate that the signal does not have any more. */
const none: SignalSubject = { id: '', name: '', description: '' }

/** Returns a signal as users see it; a secret that was deleted is shown with the time of the signal. */
export function toSignalView(
  signal: StoredSignal,
  rules: Pick<SignalRules, 'allowedKeysUntil' | 'signals'> | undefined,
): SignalView {
  const shared = {
    ...{ id: signal.id, environment: signal.environment },
    ...{ firstSeenAt: toText(signal.firstSeenAt), lastSeenAt: toText(signal.lastSeenAt) },
    ...{ resolvedAt: toText(signal.resolvedAt), dismissedAt: toText(signal.dismissedAt) },
    dismissedBy:
      signal.dismissedAt === null ? null : readActor(signal.dismissedBy ?? '', signal.dismissedByRef),
  }
  const certificate = signal.certificate ?? none
  const { kind, firstSeenAt } = signal
  switch (kind) {
    case 'certificate_unused':
      return {
        ...{ ...shared, kind, certificate, lastUsedAt: toText(signal.lastUsedAt) },
        afterDays: rules?.signals.unusedDays ?? null,
      }
    case 'replacement_unused':
      return {
        ...{ ...shared, kind, certificate, replaces: signal.replaced ?? none },
        issuedAt: toText(signal.issuedAt ?? firstSeenAt),
        afterDays: rules?.signals.replacementDays ?? null,
      }
    case 'revoked_certificate_used':
      return {
        ...{ ...shared, kind, certificate, revokedAt: toText(signal.revokedAt ?? firstSeenAt) },
        lastDeniedAt: toText(signal.lastDeniedAt ?? firstSeenAt),
      }
    case 'new_address':
      return { ...shared, kind, certificate, network: signal.detail }
    case 'key_kind_ends': {
      const keyKind = signal.detail as DetailKeyKind
      const acceptedUntil = rules?.allowedKeysUntil[keyKind] ?? null
      return { ...shared, kind, certificate, keyKind: keyKindNames.toName(keyKind), acceptedUntil }
    }
    case 'secret_old':
      return {
        ...{ ...shared, kind, credential: signal.credential ?? { id: '', name: '', clientId: '' } },
        secretCreatedAt: toText(signal.secretCreatedAt ?? firstSeenAt),
        afterDays: rules?.signals.secretDays ?? null,
      }
  }
}
