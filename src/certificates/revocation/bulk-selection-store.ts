import { type ExpressionBuilder, sql } from 'kysely'
import type { RevocationReason } from '../../pki/status/revocation-reason.ts'
import { endedBefore } from '../../shapes/moment.ts'
import type { Tx } from '../../storage/database.ts'
import type { Schema } from '../../storage/schema.ts'

/** The selection of a bulk revocation, of which one criterion is given. */
export interface Selection {
  issuerId?: string | undefined
  publicKeySha256?: string | undefined
  serialNumbers?: readonly string[] | undefined
}

/** Inserts the valid certificates that fit into a bulk revocation, and returns their number. */
export async function insertMatching(
  tx: Tx,
  id: string,
  { issuerId, publicKeySha256, serialNumbers, reason }: Selection & { reason: RevocationReason },
  now: number,
): Promise<number> {
  const fits = (e: ExpressionBuilder<Schema, 'certificates'>) => {
    if (issuerId !== undefined) return e('issuer_id', '=', issuerId)
    if (publicKeySha256 !== undefined) return e('spki_sha256', '=', publicKeySha256)
    return e('serial_number', 'in', [...(serialNumbers ?? [])])
  }
  const keys = tx
    .selectFrom('certificates')
    .select('spki_sha256')
    .where(fits)
    .where('status', 'in', ['issued', 'revoked'])
  const { numInsertedOrUpdatedRows } = await tx
    .insertInto('bulk_revocation_certificates')
    .columns(['bulk_revocation_id', 'certificate_id'])
    .expression(
      tx
        .selectFrom('certificates')
        .select([sql<string>`cast(${id} as text)`.as('bulk'), 'certificates.id'])
        .where((e) => (reason === 'keyCompromise' ? e('spki_sha256', 'in', keys) : fits(e)))
        .where('status', '=', 'issued')
        .where('not_after', '>', endedBefore(now)),
    )
    .executeTakeFirst()
  return Number(numInsertedOrUpdatedRows ?? 0)
}
