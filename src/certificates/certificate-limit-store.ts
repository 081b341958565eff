import { PosternError } from '../errors.ts'
import { endedBefore } from '../shapes/moment.ts'
import type { Queries, Tx } from '../storage/database.ts'
import { prepareQuery } from '../storage/prepare-query.ts'

/** An organization in an environment. */
interface Place {
  organizationId: string
  environment: string
}

/** Drafts are limited even where few certificates are allowed, so that nobody has to cancel one to begin another. */
const minDrafts = 100

const select = (queries: Queries, { organizationId, environment }: Place) =>
  queries
    .selectFrom('certificates')
    .select((e) => e.fn.countAll<number>().as('count'))
    .where('organization_id', '=', organizationId)
    .where('environment', '=', environment)

const countDrafts = prepareQuery((queries, place: Place) =>
  select(queries, place).where('status', '=', 'draft'),
)

/** Counts pending certificates, and issued ones that expire after `end`. */
const countOpen = prepareQuery((queries, place: Place & { end: number }) =>
  select(queries, place).where((e) =>
    e.or([e('status', '=', 'pending'), e.and([e('status', '=', 'issued'), e('not_after', '>', place.end)])]),
  ),
)

/** Throws `certificate_limit_reached` if no further certificate may be pending or valid at `now`. */
export async function assertCertificatesBelow(
  tx: Tx,
  { organizationId, environment }: Place,
  max: number,
  now: number,
): Promise<void> {
  const [row] = await countOpen(tx, { organizationId, environment, end: endedBefore(now) })
  if (Number(row?.count) < max) return
  throw new PosternError(
    'certificate_limit_reached',
    `There are ${max} pending or valid certificates here, which is the limit of this environment. Revoke a certificate that is no longer needed, or ask the operator for a higher limit.`,
  )
}

/** Throws `certificate_limit_reached` if no further draft may be stored where `max` certificates are allowed. */
export async function assertDraftsBelow(
  tx: Tx,
  { organizationId, environment }: Place,
  max: number,
): Promise<void> {
  const maxDrafts = Math.max(minDrafts, max)
  const [row] = await countDrafts(tx, { organizationId, environment })
  if (Number(row?.count) < maxDrafts) return
  throw new PosternError(
    'certificate_limit_reached',
    `There are ${maxDrafts} drafts here, which is the limit of this environment. Submit or discard a draft first.`,
  )
}
