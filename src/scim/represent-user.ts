import { createHash } from 'node:crypto'
import { toText } from '../shapes/moment.ts'
import { highestOf } from './scim-person.ts'
import type { ScimUser } from './scim-user-store.ts'

export const userSchema = 'urn:ietf:params:scim:schemas:core:2.0:User'

/** A JSON object of the protocol. */
export type Resource = Record<string, unknown>

/** A user as it is sent, with the version that its ETag has too. */
interface UserResource extends Resource {
  meta: { resourceType: string; created: string; lastModified: string; location: string; version: string }
}

/** Returns a user as it is sent (RFC 7643, section 4.1); `base` is the address of the organization's SCIM. */
export function representUser(user: ScimUser, base: string): UserResource {
  const { id, userName, externalId, displayName, formatted, givenName, familyName, active } = user
  const name = withoutNull({ formatted, givenName, familyName })
  const highest = highestOf(user.roles)
  const own = {
    schemas: [userSchema],
    id,
    ...withoutNull({ externalId }),
    userName,
    ...(Object.keys(name).length > 0 && { name }),
    ...withoutNull({ displayName }),
    emails: [{ value: user.email ?? userName, type: 'work', primary: true }],
    active,
    roles: user.roles.map((role) => ({ value: role, primary: role === highest })),
  }
  const times = { created: toText(user.createdAt), lastModified: toText(user.updatedAt) }
  const version = versionOf(own)
  const location = `${base}/Users/${id}`
  return { ...own, meta: { resourceType: 'User', ...times, location, version } }
}

/** RFC 7644, section 3.14: a weak entity tag, since `meta` may change without it. */
const versionOf = (own: Resource): string =>
  `W/"${createHash('sha256').update(JSON.stringify(own)).digest('base64url').slice(0, 24)}"`

const withoutNull = (members: Resource): Resource =>
  Object.fromEntries(Object.entries(members).filter(([, value]) => value !== null))

/** Which attributes are wanted (RFC 7644, section 3.9). */
export interface Selection {
  attributes: string[] | undefined
  excludedAttributes: string[] | undefined
}

const always = new Set(['id', 'schemas'])

/** Returns a resource with the wanted attributes alone; `id` and `schemas` always are. */
export function selectAttributes(
  resource: Resource,
  { attributes, excludedAttributes }: Selection,
): Resource {
  if (attributes !== undefined) return keep(resource, (name) => isNamed(attributes, name))
  if (excludedAttributes !== undefined)
    return keep(resource, (name) => (isNamed(excludedAttributes, name) === 'whole' ? undefined : 'whole'))
  return resource
}

type Part = 'whole' | string[] | undefined

/** Returns whether a list names an attribute, or which of its sub-attributes. */
function isNamed(list: readonly string[], name: string): Part {
  const wanted = name.toLowerCase()
  if (list.includes(wanted)) return 'whole'
  const subs = list.filter((one) => one.startsWith(`${wanted}.`)).map((one) => one.slice(wanted.length + 1))
  return subs.length === 0 ? undefined : subs
}

function keep(resource: Resource, partOf: (name: string) => Part): Resource {
  const entries = Object.entries(resource).flatMap(([name, value]) => {
    const part = always.has(name) ? 'whole' : partOf(name)
    if (part === undefined) return []
    return [[name, part === 'whole' ? value : pick(value, part)]]
  })
  return Object.fromEntries(entries)
}

function pick(value: unknown, subs: readonly string[]): unknown {
  if (Array.isArray(value)) return value.map((one) => pick(one, subs))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).filter(([name]) => subs.includes(name.toLowerCase())))
}
