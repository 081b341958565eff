import { z } from 'zod'
import { count, defineChanges, nothing, text, textOrNull, texts } from './change-type.ts'

const Issuer = z.object({ kind: text, environment: textOrNull, serialNumber: text })
const Retirement = z.object({ retiresAt: textOrNull })
const RootKey = z.object({ publicKeySha256: text })
const RootKeyFile = RootKey.extend({ file: text })

const Backup = z.object({ takenAt: text, sha256: text, octets: count })

/** Settings by their names with dots, each as JSON text; null where it is not given. */
const Settings = z.record(z.string(), textOrNull)

/** The changes of certificate authorities, of keys, of the store, and of the configuration. */
export const authorityChanges = defineChanges({
  'certificate_authority.created': {
    description: 'A root or issuing CA was created.',
    recordedAs: 'issuer.created',
    before: nothing,
    after: Issuer.extend({ keyLocation: text.meta({ description: 'Where its private key is.' }) }),
    renamed: { key: 'keyLocation' },
  },
  'certificate_authority.outgoing_created': {
    description: 'The CA was created that issues the client certificates which Postern presents to webhooks.',
    recordedAs: 'outgoing_ca.created',
    before: nothing,
    after: z.object({ name: text, sha256: text }),
  },
  'certificate_authority.trusted': {
    description: 'Gateways accept certificates of an external CA from now on.',
    recordedAs: 'issuer.trusted',
    before: nothing,
    after: Issuer,
    values: { kind: { foreign: 'external' } },
    byOperators: true,
  },
  'certificate_authority.retirement_set': {
    description: 'A date was set from which gateways deny the certificates of a CA.',
    recordedAs: 'issuer.retirement_set',
    before: Retirement,
    after: Retirement,
  },
  'certificate_authority.retirement_cancelled': {
    description: 'That date was removed.',
    recordedAs: 'issuer.retirement_cancelled',
    before: Retirement,
    after: Retirement,
  },
  'certificate_authority.crl_signed': {
    description: 'A CRL was signed.',
    recordedAs: 'revocation_list.signed',
    before: nothing,
    after: z.object({ list: text, number: count, sha256: text }),
  },
  'certificate_authority.ocsp_responder_certified': {
    description: 'A CA certified the key of an OCSP responder.',
    recordedAs: 'ocsp_responder.certified',
    before: nothing,
    after: z.object({ serialNumber: text, sha256: text }),
  },
  'certificate_authority.ocsp_responder_shared': {
    description: 'The key of an OCSP responder was sealed for processes that only publish.',
    recordedAs: 'ocsp_responder.shared',
    before: nothing,
    after: z.object({ serialNumber: text }),
  },
  'bulk_revocation.created': {
    description: 'A bulk revocation began; each of its certificates is revoked by a change of its own.',
    recordedAs: 'bulk_revocation.created',
    before: nothing,
    after: z.object({
      reason: text,
      matching: count,
      issuerId: text.optional(),
      publicKeySha256: text.optional(),
      serialNumbers: texts.optional(),
    }),
    words: ['reason'],
    byOperators: true,
  },
  'bulk_revocation.finished': {
    description: 'A bulk revocation ended.',
    recordedAs: 'bulk_revocation.finished',
    before: nothing,
    after: z.object({ state: text, revoked: count, skipped: count }),
    byOperators: true,
  },
  'root_key.exported': {
    description: 'The private key of the root was exported into a file.',
    recordedAs: 'root_key.exported',
    before: nothing,
    after: RootKeyFile,
  },
  'root_key.export_failed': {
    description: 'The file of an export was not written.',
    recordedAs: 'root_key.export_failed',
    before: nothing,
    after: RootKeyFile,
  },
  'root_key.removed': {
    description: 'The private key of the root was removed from the store: the root is offline.',
    recordedAs: 'root_key.removed',
    before: nothing,
    after: RootKey,
  },
  'root_key.imported': {
    description: 'The private key of the root was imported.',
    recordedAs: 'root_key.imported',
    before: nothing,
    after: RootKey,
  },
  'audit_key.certified': {
    description: 'A CA certified the key that signs the checkpoints of the audit log.',
    recordedAs: 'audit_key.certified',
    before: nothing,
    after: z.object({ serialNumber: text, issuerId: text, sha256: text }),
  },
  'sealing_keys.changed': {
    description: 'Private keys and secrets in the store were sealed with a new key.',
    recordedAs: 'keys.rewrapped',
    before: nothing,
    after: z.object({ keys: texts, values: text.optional(), count: count.optional() }),
  },
  'token_signing_key.replaced': {
    description:
      'An operator replaced the key that signs the access tokens of an environment before its time.',
    recordedAs: 'signing_key.replaced',
    before: nothing,
    after: z.object({
      environment: text,
      algorithm: text,
      signsFrom: text,
      formerAcceptedUntil: text.meta({
        description:
          'Until when tokens of the former keys are accepted; the time of the event if they ended at once.',
      }),
    }),
  },
  'store.epoch_started': {
    description: 'The store was used for the first time, or was found restored to an older state.',
    recordedAs: 'store.epoch_begun',
    before: nothing,
    after: z.object({ number: count, cause: text, noticedBy: text }),
    words: ['cause'],
  },
  'store.backed_up': {
    description: 'A backup of the store was made and verified.',
    recordedAs: 'store.backed_up',
    before: nothing,
    after: Backup,
  },
  'store.restore_practised': {
    description: 'A backup was restored into a place of its own and checked.',
    recordedAs: 'store.restore_practised',
    before: nothing,
    after: Backup,
  },
  'configuration.reloaded': {
    description: 'The configuration file was read again and put in force.',
    recordedAs: 'configuration.reloaded',
    before: Settings,
    after: Settings,
  },
  'configuration.rejected': {
    description: 'The configuration file was read again and could not be put in force.',
    recordedAs: 'configuration.rejected',
    before: nothing,
    after: z.object({ problem: text }),
  },
  'store.moved': {
    description: 'The store was moved into PostgreSQL.',
    recordedAs: 'store.moved',
    before: nothing,
    after: z.object({ rows: count }),
  },
  'store.restored': {
    description: 'The store of a backup was put in place, or one that was held after that was released.',
    recordedAs: 'store.restored',
    before: nothing,
    after: z.object({
      takenAt: text.meta({ description: 'The moment of the state that the backup holds.' }),
      ending: text,
      rows: count.meta({ description: 'How many rows came back from the journal.' }),
      retirements: count.optional().meta({ description: 'How many planned retirements ended.' }),
    }),
    words: ['ending'],
  },
})
