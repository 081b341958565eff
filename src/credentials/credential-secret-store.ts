import { recordAudit } from '../audit/record-audit.ts'
import { PosternError } from '../errors.ts'
import type { Act } from '../shapes/act.ts'
import { recordChange } from '../storage/change-log.ts'
import type { Database, Tx } from '../storage/database.ts'
import { newId } from '../storage/id.ts'
import type { NewSecret } from './credential.ts'

const maxSecrets = 2

/** The credentials and the organization that must own them. */
interface Which {
  organizationId: string
  credentialId: string
}

/**
 * Creates the store of the secrets of API credentials, as hashes: one active, and one more during a rotation.
 */
export function createCredentialSecretStore(database: Database) {
  /**
   * Locks the credentials and returns the secrets that are valid at `now`: of two concurrent changes the
   * second sees the first.
   */
  const lockValid = async (tx: Tx, { organizationId, credentialId }: Which, now: number) => {
    const credential = await tx
      .selectFrom('credentials')
      .select(['tls_client_auth_kind', 'jwks'])
      .where('organization_id', '=', organizationId)
      .where('id', '=', credentialId)
      .where('deleted_at', 'is', null)
      .executeTakeFirst()
    if (credential === undefined) throw new PosternError('not_found', 'There is no such credential here.')
    if (credential.tls_client_auth_kind !== null || credential.jwks !== null) {
      const by = credential.jwks === null ? 'its certificate' : 'its public keys'
      throw new PosternError(
        'credential_wrong_kind',
        `This credential authenticates by ${by} and has no secret.`,
      )
    }
    await tx
      .deleteFrom('credential_secrets')
      .where('credential_id', '=', credentialId)
      .where('expires_at', '<=', now)
      .execute()
    return tx
      .selectFrom('credential_secrets')
      .select(['id', 'hint', 'expires_at'])
      .where('credential_id', '=', credentialId)
      .execute()
  }

  const record = async (tx: Tx, { organizationId, credentialId }: Which, change: Change, now: number) => {
    await recordChange(tx, 'credential', credentialId, now)
    const subject = { subjectKind: 'credential', subjectId: credentialId } as const
    await recordAudit(tx, { ...change, ...subject, organizationId }, now)
  }

  return {
    /**
     * Adds `secret`; the active one expires after `overlapMilliseconds`. Throws `credential_secrets_full`
     * during an earlier overlap period: ending one of two secrets automatically could end the one that a
     * service still uses.
     */
    async add(which: Which, secret: NewSecret, overlapMs: number, { actor, now }: Act): Promise<void> {
      await database.transaction(async (tx) => {
        const valid = await lockValid(tx, which, now)
        if (valid.length >= maxSecrets) {
          throw new PosternError(
            'credential_secrets_full',
            `Two secrets are valid already, those that end in ${valid.map(({ hint }) => hint).join(' and ')}. End the one that no service uses any more, or wait until its overlap is over.`,
          )
        }
        const end = now + overlapMs
        await tx
          .updateTable('credential_secrets')
          .set({ expires_at: end })
          .where('credential_id', '=', which.credentialId)
          .execute()
        await insertSecret(tx, which.credentialId, secret, now)
        const after = { hint: secret.hint, othersEndAt: new Date(end).toISOString() }
        await record(tx, which, { actor, action: 'credential.secret_rotated', after }, now)
      })
    },

    /**
     * Ends a secret immediately; the other one then has no expiry. Throws `credential_last_secret` for the
     * only one.
     */
    async end(which: Which, secretId: string, { actor, now }: Act): Promise<void> {
      await database.transaction(async (tx) => {
        const valid = await lockValid(tx, which, now)
        const ended = valid.find(({ id }) => id === secretId)
        if (ended === undefined)
          throw new PosternError('not_found', 'There is no such secret, or it has ended.')
        if (valid.length === 1) {
          throw new PosternError(
            'credential_last_secret',
            'This is the only secret of the credential. Rotate it without overlap, or delete the credential.',
          )
        }
        await tx.deleteFrom('credential_secrets').where('id', '=', secretId).execute()
        await tx
          .updateTable('credential_secrets')
          .set({ expires_at: null })
          .where('credential_id', '=', which.credentialId)
          .execute()
        const before = { hint: ended.hint }
        await record(tx, which, { actor, action: 'credential.secret_ended', before }, now)
      })
    },

    /**
     * Ends at `endsAt` a secret that a restored store has again, found by its SHA-256; the others stay
     * unchanged. Returns false if it does not exist, was created after `createdBefore`, or expires no later
     * anyway.
     */
    endAgain: (
      { organizationId, credentialId }: Which,
      sha256: string,
      { createdBefore, endsAt }: { createdBefore: number; endsAt: number },
      { actor, now }: Act,
    ): Promise<boolean> =>
      database.transaction(async (tx) => {
        const found = await tx
          .selectFrom('credential_secrets')
          .innerJoin('credentials', 'credentials.id', 'credential_id')
          .select(['credential_secrets.id', 'hint', 'expires_at'])
          .where('credential_id', '=', credentialId)
          .where('organization_id', '=', organizationId)
          .where('secret_sha256', '=', sha256)
          .where('credential_secrets.created_at', '<=', createdBefore)
          .executeTakeFirst()
        if (found === undefined || (found.expires_at !== null && found.expires_at <= endsAt)) return false
        const { id, hint } = found
        if (endsAt <= now) await tx.deleteFrom('credential_secrets').where('id', '=', id).execute()
        else
          await tx
            .updateTable('credential_secrets')
            .set({ expires_at: endsAt })
            .where('id', '=', id)
            .execute()
        const change = { actor, action: 'credential.secret_ended', before: { hint } }
        await record(tx, { organizationId, credentialId }, change, now)
        return true
      }),
  }
}

export type CredentialSecretStore = ReturnType<typeof createCredentialSecretStore>

type Change = Pick<Parameters<typeof recordAudit>[1], 'actor' | 'action' | 'before' | 'after'>

/** Stores a secret without an expiry. */
export const insertSecret = (tx: Tx, credentialId: string, { sha256, hint }: NewSecret, now: number) =>
  tx
    .insertInto('credential_secrets')
    .values({
      id: newId('secret', now),
      credential_id: credentialId,
      secret_sha256: sha256,
      hint,
      created_at: now,
      expires_at: null,
    })
    .execute()
