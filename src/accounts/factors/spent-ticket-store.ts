import type { Tx } from '../../storage/database.ts'
import { hashToken } from '../session-store.ts'
import type { Ticket } from './signed-cookie.ts'

/** Records in `tx` that a ticket was used; returns whether it had not been used before. */
export async function spendTicket(tx: Tx, { id, expiresAt }: Ticket): Promise<boolean> {
  const { numInsertedOrUpdatedRows = 0n } = await tx
    .insertInto('spent_tickets')
    .values({ id: hashToken(id), expires_at: expiresAt })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst()
  return numInsertedOrUpdatedRows > 0n
}
