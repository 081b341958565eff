import { sealedTotpSecrets } from '../accounts/factors/totp-store.ts'
import { sealedClientSecrets } from '../accounts/single-sign-on/single-sign-on-store.ts'
import { toSealedRecords } from '../certificates/issuance/reseal-store.ts'
import type { MasterKeyName } from '../config/to-secrets.ts'
import { sealedAuditKeys } from '../signer/audit-key.ts'
import { sealedIssuerKeys } from '../signer/issuer-key-store.ts'
import { sealedResponderKeys, sealedResponderPlans } from '../signer/ocsp-responder-store.ts'
import { sealedOutgoingCaKeys } from '../signer/outgoing-ca.ts'
import { createRecordSeals } from '../signer/record-seals.ts'
import { sharedResponderKeys } from '../signer/shared-responder-store.ts'
import type { SealedValues } from '../storage/sealed-values.ts'
import { sealedSigningKeys } from '../tokens/signing-key-store.ts'
import { sealedClientKeys } from '../webhooks/client-certificate-rows-store.ts'
import { sealedWebhookSecrets } from '../webhooks/webhook-secret-store.ts'

/** Everything in the store that a master key seals, so that a change of the key can seal it anew. */
export const sealedValues: Record<MasterKeyName, readonly SealedValues[]> = {
  authority: [
    sealedIssuerKeys,
    sealedAuditKeys,
    sealedResponderKeys,
    sealedResponderPlans,
    sealedTotpSecrets,
    sealedClientSecrets,
    sealedWebhookSecrets,
    sealedClientKeys,
    sealedOutgoingCaKeys,
    toSealedRecords(createRecordSeals),
  ],
  gateway: [sealedSigningKeys],
  publication: [sharedResponderKeys],
}
