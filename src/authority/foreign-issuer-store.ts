import { type Actor, recordAudit } from '../audit/record-audit.ts'
import { PosternError } from '../errors.ts'
import { type ParsedCertificate, parseCertificate } from '../pki/certificate.ts'
import { isSameBytes } from '../pki/same-bytes.ts'
import { recordChange } from '../storage/change-log.ts'
import type { Database } from '../storage/database.ts'
import { locks, takeLock } from '../storage/engine.ts'
import { newId } from '../storage/id.ts'

/** An authority of somebody else that operators trust for an environment. */
export interface ForeignIssuer {
  id: string
  environment: string
  parsed: ParsedCertificate
}

/** Authorities of others. They stand beside our own, so that they retire and are revoked from in the same way. */
export function createForeignIssuerStore(database: Database) {
  const select = () =>
    database.queries
      .selectFrom('issuers')
      .select(['id', 'environment', 'certificate_der'])
      .where('kind', '=', 'foreign')

  return {
    async find(id: string): Promise<ForeignIssuer | undefined> {
      const row = await select().where('id', '=', id).executeTakeFirst()
      return row && toForeignIssuer(row)
    },

    /** Those of an environment that have not retired at `now`. */
    async listTrusted(environment: string, now: number): Promise<ForeignIssuer[]> {
      const rows = await select()
        .where('environment', '=', environment)
        .where((e) => e.or([e('retires_at', 'is', null), e('retires_at', '>', now)]))
        .orderBy('created_at')
        .execute()
      return rows.map(toForeignIssuer)
    },

    /** Adds one. Throws `conflict` for an authority that is there already, of ours or of somebody else, in whatever environment of ours. */
    async insert(
      environment: string,
      { der, spki, notBefore, notAfter, serialNumber }: ParsedCertificate,
      actor: Actor,
      now: number,
    ): Promise<void> {
      const id = newId('iss', now)
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
    },
  }
}

export type ForeignIssuerStore = ReturnType<typeof createForeignIssuerStore>

const alreadyTrusted = () =>
  new PosternError(
    'conflict',
    'An authority with this key is there already. Where it has retired, take its date back instead.',
  )

const toForeignIssuer = (row: { id: string; environment: string | null; certificate_der: Uint8Array }) => ({
  id: row.id,
  environment: row.environment ?? '',
  parsed: parseCertificate(new Uint8Array(row.certificate_der)),
})
