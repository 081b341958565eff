import { EmailAddress } from '../contract/account.ts'
import { includesRole, type MemberRole, memberRoles } from '../contract/roles.ts'
import { exactLine, line } from '../contract/text.ts'
import { invalidValue } from '../shapes/scim-error.ts'

/** What a provider says of a user. */
export interface ScimPerson extends ScimProfile {
  userName: string
  externalId: string | null
  /** Null where it has not said. */
  active: boolean | null
  /** The values of `roles`; null where it has not said. */
  roles: readonly MemberRole[] | null
}

/** What is kept as the provider wrote it. */
export interface ScimProfile {
  displayName: string | null
  formatted: string | null
  givenName: string | null
  familyName: string | null
  /** Null where `userName` is the address. */
  email: string | null
}

export const nameParts = ['formatted', 'givenname', 'familyname'] as const
/** The members of a person by the attributes that they come from. */
export const memberOf = {
  displayname: 'displayName',
  formatted: 'formatted',
  givenname: 'givenName',
  familyname: 'familyName',
} as const

const schemas = { text: line(200), exact: exactLine(254), address: EmailAddress }

/** Returns a text of an attribute; an empty one is none. Throws `invalidValue`. */
export function readText(value: unknown, name: string): string | null {
  if (value === null || value === undefined) return null
  const read = schemas.text.safeParse(value)
  if (!read.success) throw invalidValue(`${name} must be one line of text, at most 200 characters.`)
  return read.data === '' ? null : read.data
}

/** Returns an identifier, whose inner spaces count. Throws `invalidValue`. */
export function readIdentifier(value: unknown, name: string): string {
  const read = schemas.exact.safeParse(value)
  if (!read.success || read.data === '')
    throw invalidValue(`${name} must be one line of text, 1 to 254 characters.`)
  return read.data
}

/** Returns a boolean; Microsoft Entra sends `"False"`. Throws `invalidValue`. */
export function readBoolean(value: unknown, name: string): boolean {
  const text = typeof value === 'string' ? value.toLowerCase() : value
  if (text === true || text === 'true') return true
  if (text === false || text === 'false') return false
  throw invalidValue(`${name} must be true or false.`)
}

/** Returns a role. Throws `invalidValue`. */
export function readRole(value: unknown): MemberRole {
  const text = typeof value === 'string' ? value.trim().toLowerCase() : value
  const role = memberRoles.find((one) => one === text)
  if (role === undefined) throw invalidValue(`roles must have values among ${memberRoles.join(', ')}.`)
  return role
}

/** Returns the highest of the roles; a viewer where there is none. */
export const highestOf = (roles: readonly MemberRole[]): MemberRole =>
  roles.reduce<MemberRole>((best, role) => (includesRole(role, best) ? role : best), 'viewer')

/** Returns the email address of the account, in lower case. Throws `invalidValue`. */
export function addressOf({ email, userName }: Pick<ScimPerson, 'email' | 'userName'>): string {
  const read = schemas.address.safeParse(email ?? userName)
  if (read.success) return read.data
  throw invalidValue(
    'The user needs an email address: in emails, or as userName. Map one of them to the address of the user.',
  )
}

const maxNameLength = 100

/** Returns the name of the account. */
export function nameOf(
  { displayName, formatted, givenName, familyName }: ScimProfile,
  otherwise: string,
): string {
  const both = [givenName, familyName].filter((part) => part !== null).join(' ')
  const name = displayName ?? formatted ?? (both === '' ? otherwise : both)
  return name.slice(0, maxNameLength).trim()
}
