import type { Tx } from '../storage/database.ts'

const day = 86_400_000
/** What called in the last week is taken to call still. */
export const callerMs = 7 * day
const maxAddresses = 3
const eventsRead = 50
const maxCredentials = 3

/** What calls with a certificate: the client addresses with most calls, and names of credentials. */
export interface Callers {
  addresses: string[]
  credentials: string[]
}

/** Returns what the gateways have accepted with each of these certificates of an organization since `since`. */
export async function findCallers(
  tx: Tx,
  { organizationId, since }: { organizationId: string; since: number },
  certificateIds: readonly string[],
): Promise<Map<string, Callers>> {
  const callers = new Map<string, Callers>()
  for (const id of certificateIds)
    callers.set(id, {
      addresses: await listAddresses(tx, id, since),
      credentials: await listCredentials(tx, organizationId, id, since),
    })
  return callers
}

async function listAddresses(tx: Tx, certificateId: string, since: number): Promise<string[]> {
  const rows = await tx
    .selectFrom('usage_facets')
    .select(['value', (e) => e.fn.sum<number>('count').as('count')])
    .where('certificate_id', '=', certificateId)
    .where('kind', '=', 'address')
    .where('day', '>=', since - (since % day))
    .groupBy('value')
    .orderBy('count', 'desc')
    .orderBy('value')
    .limit(maxAddresses)
    .execute()
  return rows.map(({ value }) => value)
}

/** Of the newest events, since there may be a great many. */
async function listCredentials(
  tx: Tx,
  organizationId: string,
  certificateId: string,
  since: number,
): Promise<string[]> {
  const newest = tx
    .selectFrom('activity')
    .select(['credential_id', 'at'])
    .where('organization_id', '=', organizationId)
    .where('certificate_id', '=', certificateId)
    .orderBy('sequence', 'desc')
    .limit(eventsRead)
  const rows = await tx
    .selectFrom(newest.as('newest'))
    .innerJoin('credentials', 'credentials.id', 'newest.credential_id')
    .select('credentials.name')
    .distinct()
    .where('newest.at', '>=', since)
    .orderBy('credentials.name')
    .limit(maxCredentials)
    .execute()
  return rows.map(({ name }) => name)
}
