import type { NotNull } from 'kysely'
import type { CertificateUsage, UsageFacet } from '../contract/usage-batch.ts'
import { recordChange } from '../storage/change-log.ts'
import type { Queries, Tx } from '../storage/database.ts'
import { prepareQuery } from '../storage/prepare-query.ts'
import { keepNetworks } from './keep-networks-store.ts'
import { sumRows } from './sum-rows.ts'

/** The time spans of usage counts, in milliseconds. */
export const grains = [
  ['minute', 60_000],
  ['hour', 3_600_000],
  ['day', 86_400_000],
] as const

const rowsPerStatement = 100

/**
 * Adds a batch's usage counts, and stores when each certificate was first and last accepted and last
 * denied.
 */
export async function countUses(tx: Tx, certificates: readonly CertificateUsage[]): Promise<void> {
  const rows = grains.flatMap(([grain, milliseconds]) => sumUp(certificates, grain, milliseconds))
  for (let start = 0; start < rows.length; start += rowsPerStatement)
    await tx
      .insertInto('usage')
      .values(rows.slice(start, start + rowsPerStatement))
      .onConflict((conflict) =>
        conflict.columns(['certificate_id', 'grain', 'start']).doUpdateSet((e) => ({
          handshakes: e('usage.handshakes', '+', e.ref('excluded.handshakes')),
          ok: e('usage.ok', '+', e.ref('excluded.ok')),
          redirects: e('usage.redirects', '+', e.ref('excluded.redirects')),
          client_errors: e('usage.client_errors', '+', e.ref('excluded.client_errors')),
          server_errors: e('usage.server_errors', '+', e.ref('excluded.server_errors')),
          refusals: e('usage.refusals', '+', e.ref('excluded.refusals')),
        })),
      )
      .execute()
  await keepReplaced(tx, certificates)
  for (const usage of certificates.toSorted(byId)) await keepMoments(tx, usage)
}

// The same order everywhere prevents deadlocks between gateways.
const byId = (a: CertificateUsage, b: CertificateUsage) => (a.certificateId < b.certificateId ? -1 : 1)

function sumUp(usages: readonly CertificateUsage[], grain: string, milliseconds: number) {
  const rows = usages.map((usage) => toRow(usage, grain, usage.minute - (usage.minute % milliseconds)))
  return [...sumRows(rows, ({ certificate_id, start }) => `${certificate_id} ${start}`, counts).values()]
}

const counts = ['handshakes', 'ok', 'redirects', 'client_errors', 'server_errors', 'refusals'] as const

const toRow = (usage: CertificateUsage, grain: string, start: number) => ({
  certificate_id: usage.certificateId,
  grain,
  start,
  handshakes: usage.handshakes,
  ok: usage.ok,
  redirects: usage.redirects,
  client_errors: usage.clientErrors,
  server_errors: usage.serverErrors,
  refusals: usage.refusals,
})

/** Adds the TLS versions and client addresses of a batch, and its networks where they are asked for. */
export async function addFacets(tx: Tx, given: readonly UsageFacet[]): Promise<void> {
  await keepNetworks(
    tx,
    given.filter(({ kind }) => kind === 'network'),
  )
  const facets = given.filter(({ kind }) => kind !== 'network')
  for (let start = 0; start < facets.length; start += rowsPerStatement)
    await insertFacets(tx, facets.slice(start, start + rowsPerStatement))
}

const insertFacets = (tx: Tx, facets: readonly UsageFacet[]) =>
  tx
    .insertInto('usage_facets')
    .values(
      facets.map(({ certificateId, day, kind, value, count, lastAt }) => ({
        certificate_id: certificateId,
        ...{ day, kind, value, count },
        last_at: lastAt,
      })),
    )
    .onConflict((conflict) =>
      conflict.columns(['certificate_id', 'day', 'kind', 'value']).doUpdateSet((e) => ({
        count: e('usage_facets.count', '+', e.ref('excluded.count')),
        last_at: e.ref('excluded.last_at'),
      })),
    )
    .execute()

/**
 * Stores of each certificate that the batch accepts for the first time that it has replaced another one, and lets the
 * gateways read that one again: they no longer warn its clients.
 */
async function keepReplaced(tx: Tx, certificates: readonly CertificateUsage[]): Promise<void> {
  const acceptedAt = findFirstAccepted(certificates)
  for (const { id, replaces_id } of await listNewReplacements(tx, [...acceptedAt.keys()])) {
    const at = acceptedAt.get(id) ?? 0
    await tx
      .updateTable('certificates')
      .set({ replaced_at: at })
      .where('id', '=', replaces_id)
      .where('replaced_at', 'is', null)
      .execute()
    await recordChange(tx, 'certificate', replaces_id, at)
  }
}

function findFirstAccepted(certificates: readonly CertificateUsage[]): Map<string, number> {
  const acceptedAt = new Map<string, number>()
  for (const { certificateId, firstAcceptedAt } of certificates)
    if (firstAcceptedAt !== null)
      acceptedAt.set(certificateId, Math.min(firstAcceptedAt, acceptedAt.get(certificateId) ?? Infinity))
  return acceptedAt
}

/** Lists the replacements that were never accepted before, in the same order everywhere. */
async function listNewReplacements(
  queries: Queries,
  certificateIds: readonly string[],
): Promise<{ id: string; replaces_id: string }[]> {
  const ids = certificateIds.toSorted()
  const found: { id: string; replaces_id: string }[] = []
  for (let start = 0; start < ids.length; start += rowsPerStatement)
    found.push(
      ...(await queries
        .selectFrom('certificates')
        .select(['id', 'replaces_id'])
        .where('id', 'in', ids.slice(start, start + rowsPerStatement))
        .where('replaces_id', 'is not', null)
        .where('first_used_at', 'is', null)
        .orderBy('id')
        .$narrowType<{ replaces_id: NotNull }>()
        .execute()),
    )
  return found
}

/**
 * Returns whether a batch accepts a replacement for the first time: then its transaction records a change. Once it does
 * not, it never will, so that the answer outlasts the query.
 */
export const hasNewReplacement = async (
  queries: Queries,
  certificates: readonly CertificateUsage[],
): Promise<boolean> =>
  (await listNewReplacements(queries, [...findFirstAccepted(certificates).keys()])).length > 0

async function keepMoments(tx: Tx, usage: CertificateUsage): Promise<void> {
  const { certificateId, firstAcceptedAt, lastAcceptedAt, lastDeniedAt } = usage
  if (lastAcceptedAt !== null) await updateMoments(tx, { certificateId, firstAcceptedAt, lastAcceptedAt })
  if (lastDeniedAt !== null) await updateDenial(tx, { certificateId, lastDeniedAt })
}

interface Moments {
  certificateId: string
  firstAcceptedAt: number | null
  lastAcceptedAt: number
}

const updateMoments = prepareQuery((queries, values: Moments) =>
  queries
    .updateTable('certificates')
    .set((e) => ({
      first_used_at: e.fn.coalesce('first_used_at', e.val(values.firstAcceptedAt)),
      last_used_at: values.lastAcceptedAt,
    }))
    .where('id', '=', values.certificateId)
    .where((e) => e.or([e('last_used_at', 'is', null), e('last_used_at', '<', values.lastAcceptedAt)])),
)

const updateDenial = prepareQuery((queries, values: { certificateId: string; lastDeniedAt: number }) =>
  queries
    .updateTable('certificates')
    .set({ last_denied_at: values.lastDeniedAt })
    .where('id', '=', values.certificateId)
    .where((e) => e.or([e('last_denied_at', 'is', null), e('last_denied_at', '<', values.lastDeniedAt)])),
)
