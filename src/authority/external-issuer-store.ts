import { recordAudit } from '../audit/record-audit.ts'
import { PosternError } from '../errors.ts'
import { type ParsedCertificate, parseCertificate } from '../pki/certificate/certificate.ts'
import { isSameBytes } from '../pki/der/same-bytes.ts'
import type { TrustedIssuer } from '../pki/path/check-external-certificate.ts'
import type { Act } from '../shapes/act.ts'
import { recordChange } from '../storage/change-log.ts'
import type { Database } from '../storage/database.ts'
import { newId } from '../storage/id.ts'
import { locks, takeLock } from '../storage/lock-order.ts'

/**
 * Creates the store of external CAs. They share a table with our own, so that they are retired and their
 * certificates revoked in the same way.
 */
export function createExternalIssuerStore(database: Database) {
  return {
    /** Lists the CAs of an environment that are not retired at `now`. */
    async listTrusted(environment: string, now: number): Promise<TrustedIssuer[]> {
      const rows = await database.queries
        .selectFrom('issuers')
        .select(['id', 'certificate_der'])
        .where('kind', '=', 'foreign')
        .where('environment', '=', environment)
        .where((e) => e.or([e('retires_at', 'is', null), e('retires_at', '>', now)]))
        .orderBy('created_at')
        .execute()
      return rows.map((row) => ({
        id: row.id,
        parsed: parseCertificate(new Uint8Array(row.certificate_der)),
      }))
    },

    /**
     * Adds an external CA. Throws `conflict` for a CA that exists: one of ours in any environment, or an
     * external one in this environment.
     */
    async insert(
      environment: string,
      { der, spki, notBefore, notAfter, serialNumber }: ParsedCertificate,
      { actor, now }: Act,
    ): Promise<string> {
      const id = newId('issuer', now)
      await database.transaction(async (tx) => {
        await takeLock(tx, locks.authority)
        const present = await tx
          .selectFrom('issuers')
          .select(['kind', 'environment', 'certificate_der'])
          .execute()
        for (const row of present) {
          const isSame = isSameBytes(parseCertificate(new Uint8Array(row.certificate_der)).spki, spki)
          if (isSame && (row.kind !== 'foreign' || row.environment === environment)) throw alreadyTrusted()
        }
        await tx
          .insertInto('issuers')
          .values({
            id,
            kind: 'foreign',
            environment,
            parent_id: null,
            certificate_der: der,
            not_before: notBefore,
            not_after: notAfter,
            created_at: now,
          })
          .execute()
        await recordChange(tx, 'issuer', id, now)
        const subject = { organizationId: null, subjectKind: 'issuer', subjectId: id }
        const after = { kind: 'foreign', environment, serialNumber }
        await recordAudit(tx, { actor, action: 'issuer.trusted', ...subject, after }, now)
      })
      return id
    },
  }
}

export type ExternalIssuerStore = ReturnType<typeof createExternalIssuerStore>

const alreadyTrusted = () =>
  new PosternError(
    'conflict',
    'An authority with this key is there already. Where it has retired, take its date back instead.',
  )
