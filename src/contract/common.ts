import { z } from 'zod'

/** A time in RFC 3339, UTC. */
export const Timestamp = z.iso
  .datetime()
  .meta({ id: 'Timestamp', description: 'A moment in RFC 3339, UTC: it ends in Z.' })

const slug = z
  .string()
  .regex(
    /^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$/,
    'must have 1 to 40 lower-case letters, digits and inner hyphens',
  )
export const OrganizationSlug = slug.meta({
  id: 'OrganizationSlug',
  description: 'The short name of an organization.',
})
export const EnvironmentName = slug.meta({
  id: 'EnvironmentName',
  description: 'The name of an environment.',
})

export const OrganizationParams = z.object({ organization: OrganizationSlug })
export const EnvironmentParams = OrganizationParams.extend({ environment: EnvironmentName })

/** Pagination of a list: the newest first unless the operation sorts otherwise. */
export const PageQuery = z.object({
  cursor: z
    .string()
    .regex(/^[\w-]{1,400}$/, 'must be a cursor that Postern gave')
    .optional()
    .meta({ description: '`nextCursor` of the page before.' }),
  limit: z.coerce.number().int().min(1).max(200).default(50),
})

/** Several values in one query parameter, separated by commas; an item that has one of them is listed. */
export const severalOf = <T extends z.ZodType>(item: T) =>
  z.array(item).min(1).max(20).optional().meta({ description: 'One value, or several with commas between.' })

/** The time of what a list shows: from a moment on, and before another. */
export const timeRange = {
  from: Timestamp.optional().meta({ description: 'Not before this moment.' }),
  to: Timestamp.optional().meta({ description: 'Before this moment.' }),
}

/** The direction of an order. */
export const SortOrder = z.enum(['asc', 'desc']).meta({ description: 'The direction of the order.' })

/** The name of a component, which every schema of a body has. */
const nameOf = (schema: z.ZodType): string => {
  const { id } = schema.meta() ?? {}
  if (id === undefined) throw new Error('The items of a list need a schema with an id')
  return id
}

const pages = new WeakMap<z.ZodType, z.ZodType>()

/** Waiting of a read for a change. */
export const WaitQuery = z.object({
  wait: z.coerce.number().int().min(0).max(60).optional().meta({
    description:
      'Seconds to wait, at most 60. While the resource is pending, the answer comes when it has changed, or after this time.',
  }),
})

/** Returns the schema of one page of `Item`; `nextCursor` is null on the last page. */
export function createPageSchema<T extends z.ZodType>(item: T) {
  const make = () =>
    z
      .object({ items: z.array(item), nextCursor: z.string().nullable() })
      .meta({ id: `${nameOf(item)}Page`, description: '`nextCursor` is null on the last page.' })
  const page = (pages.get(item) as ReturnType<typeof make> | undefined) ?? make()
  pages.set(item, page)
  return page
}

const lists = new WeakMap<z.ZodType, z.ZodType>()

/** Returns the schema of all `Item`s in one answer. */
export function createListSchema<T extends z.ZodType>(item: T) {
  const make = () => z.object({ items: z.array(item) }).meta({ id: `${nameOf(item)}List` })
  const list = (lists.get(item) as ReturnType<typeof make> | undefined) ?? make()
  lists.set(item, list)
  return list
}

/** The SHA-256 of a SubjectPublicKeyInfo, as people and tools write it. */
export const PublicKeySha256 = z
  .string()
  .regex(/^[0-9a-f]{64}$/, 'must have 64 hexadecimal digits, lower case')
  .meta({ description: 'SHA-256 of the SubjectPublicKeyInfo of a key, in hex.' })

/**
 * The ID that an answer, its log lines and the activity share (W3C Trace Context, section 3.2.2.3). It is for
 * finding, not for naming: a client can choose it, so that several answers may have the same.
 */
export const TraceId = z
  .string()
  .regex(/^[0-9a-f]{32}$/, 'must be a trace ID: 32 hexadecimal digits, lower case')
  .meta({
    id: 'TraceId',
    description:
      'The W3C trace ID of an answer, also in its header `Postern-Trace-Id`. A valid `traceparent` of the request gives it.',
    example: '4bf92f3577b34da6a3ce929d0e0e4736',
  })
