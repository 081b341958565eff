import { ScimError } from '../shapes/scim-error.ts'
import { type AttributePath, type Comparison, parsePath } from './path.ts'
import {
  memberOf,
  nameParts,
  readBoolean,
  readIdentifier,
  readRole,
  readText,
  type ScimPerson,
} from './scim-person.ts'

/** Attributes of the schemas of users that providers send, and that Postern does not keep (RFC 7643, section 4). */
const notKept = new Set([
  ...['schemas', 'meta', 'nickname', 'profileurl', 'title', 'usertype', 'preferredlanguage', 'locale'],
  ...['timezone', 'password', 'phonenumbers', 'ims', 'photos', 'addresses', 'groups', 'entitlements'],
  ...['x509certificates', 'middlename', 'honorificprefix', 'honorificsuffix'],
])

const isNotKept = ({ attribute }: AttributePath): boolean =>
  notKept.has(attribute) || attribute.startsWith('urn:')

type Op = 'add' | 'replace' | 'remove'

/** Returns the members of an object with their names in lower case. Throws `invalidSyntax`. */
export function readObject(value: unknown, what: string): Map<string, unknown> {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
  if (!isObject) throw new ScimError(400, 'invalidSyntax', `${what} must be a JSON object.`)
  const members = new Map(Object.entries(value).map(([name, member]) => [name.toLowerCase(), member]))
  if (members.size === Object.keys(value).length) return members
  throw new ScimError(400, 'invalidSyntax', `${what} has an attribute twice. Send each one once.`)
}

/** Returns a person with one attribute added, replaced or removed. Throws a `ScimError`. */
export function changeAttribute(person: ScimPerson, op: Op, path: AttributePath, value: unknown): ScimPerson {
  if (isNotKept(path)) return person
  const { attribute, sub } = path
  const isRemoved = op === 'remove'
  switch (attribute) {
    case 'id':
      throw new ScimError(400, 'mutability', 'The id of a user cannot be changed.')
    case 'username':
      if (isRemoved) throw required('userName')
      return { ...person, userName: readIdentifier(value, 'userName') }
    case 'active':
      if (isRemoved) throw required('active')
      return { ...person, active: readBoolean(value, 'active') }
    case 'externalid':
      return {
        ...person,
        externalId: isRemoved || isEmpty(value) ? null : readIdentifier(value, 'externalId'),
      }
    case 'displayname':
      return { ...person, displayName: isRemoved ? null : readText(value, 'displayName') }
    case 'name':
      return changeName(person, op, sub, value)
    case 'emails':
      return changeEmail(person, op, path, value)
    case 'roles':
      return changeRoles(person, op, path, value)
    default:
      throw new ScimError(400, 'invalidPath', 'A user has no such attribute. Remove it from the mapping.')
  }
}

/** Returns a person with the attributes of an object, whose names may be paths, as Microsoft Entra sends them. */
export const changeAttributes = (person: ScimPerson, op: Op, value: unknown): ScimPerson =>
  [...readObject(value, 'The value of an operation without a path')]
    // A whole user has them, also where they are as before.
    .filter(([name]) => name !== 'id')
    .reduce((changed, [name, member]) => changeAttribute(changed, op, parsePath(name), member), person)

const isEmpty = (value: unknown): boolean => value === null || value === undefined || value === ''

const required = (name: string) =>
  new ScimError(400, 'mutability', `${name} cannot be removed. Replace it, or leave it as it is.`)

function changeName(person: ScimPerson, op: Op, sub: string | undefined, value: unknown): ScimPerson {
  if (sub !== undefined) {
    if (notKept.has(sub)) return person
    const part = nameParts.find((one) => one === sub)
    if (part === undefined) throw new ScimError(400, 'invalidPath', 'A name has no such part.')
    return { ...person, [memberOf[part]]: op === 'remove' ? null : readText(value, memberOf[part]) }
  }
  if (op === 'remove' || value === null)
    return { ...person, formatted: null, givenName: null, familyName: null }
  const start = op === 'replace' ? changeName(person, 'remove', undefined, null) : person
  return [...readObject(value, 'name')].reduce(
    (changed, [name, member]) => changeName(changed, op, name, member),
    start,
  )
}

/** Whether an element with these members is meant; text is compared without regard to case. */
const isMeant = (
  filter: readonly Comparison[] | undefined,
  element: Readonly<Record<string, string>>,
): boolean =>
  (filter ?? []).every(
    ({ path, value }) => element[path.attribute] === String(value).toLowerCase() && path.sub === undefined,
  )

/** Postern keeps one address, which is that for work. */
function changeEmail(person: ScimPerson, op: Op, { filter, sub }: AttributePath, value: unknown): ScimPerson {
  if (sub !== undefined && sub !== 'value') return person
  const present = { value: (person.email ?? '').toLowerCase(), type: 'work', primary: 'true' }
  if (!isMeant(filter, present)) {
    if (filter?.some(({ path }) => path.attribute === 'value')) throw noTarget('emails')
    // An address of another type is not kept.
    return person
  }
  if (op === 'remove') return { ...person, email: null }
  const found = findEmail(toList(value))
  // A private address beside that for work is not kept.
  if (op === 'add' && person.email !== null && found?.isForWork === false) return person
  return { ...person, email: found?.email ?? null }
}

const toList = (value: unknown): unknown[] => (Array.isArray(value) ? value : value === null ? [] : [value])

/** Returns the address that counts: the primary one, that for work, or the first; undefined where there is none. */
function findEmail(values: readonly unknown[]): { email: string; isForWork: boolean } | undefined {
  const elements = values.map((value) => {
    if (typeof value !== 'object' || value === null) return { value, isPrimary: false, isForWork: true }
    const members = readObject(value, 'An element of emails')
    return {
      value: members.get('value'),
      isPrimary: String(members.get('primary')).toLowerCase() === 'true',
      isForWork: String(members.get('type') ?? 'work').toLowerCase() === 'work',
    }
  })
  const found =
    elements.find(({ isPrimary }) => isPrimary) ?? elements.find(({ isForWork }) => isForWork) ?? elements[0]
  if (found === undefined || isEmpty(found.value)) return undefined
  const email = readIdentifier(found.value, 'The value of emails')
  return { email, isForWork: found.isPrimary || found.isForWork }
}

function changeRoles(person: ScimPerson, op: Op, { filter, sub }: AttributePath, value: unknown): ScimPerson {
  if (sub !== undefined && sub !== 'value') return person
  const present = person.roles ?? []
  const isRoleMeant = (role: string) => isMeant(filter, { value: role, primary: 'true', display: role })
  if (op === 'remove') {
    if (filter === undefined) return { ...person, roles: [] }
    return { ...person, roles: present.filter((role) => !isRoleMeant(role)) }
  }
  const given = toList(value).map((one) =>
    readRole(
      typeof one === 'object' && one !== null ? readObject(one, 'An element of roles').get('value') : one,
    ),
  )
  // Which elements are meant matters where each is named; a role named by primary is the only one.
  const kept = op === 'add' && filter === undefined ? present : []
  return { ...person, roles: [...new Set([...kept, ...given])] }
}

const noTarget = (name: string) =>
  new ScimError(400, 'noTarget', `The filter of ${name} fits no value of the user.`)
