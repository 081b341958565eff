import { ScimError } from '../shapes/scim-error.ts'
import { changeAttribute, changeAttributes, readObject } from './change-person.ts'
import { parsePath } from './path.ts'
import type { ScimPerson } from './scim-person.ts'

/** Operations of one PATCH request. */
const maxOperations = 100
const maxAttributes = 100

const nothingSaid = {
  ...{ userName: '', externalId: null, active: null, roles: null, email: null },
  ...{ displayName: null, formatted: null, givenName: null, familyName: null },
}

/** Returns what the body of POST or PUT says of a user (RFC 7644, sections 3.3 and 3.5.1). Throws a `ScimError`. */
export function readPerson(body: unknown): ScimPerson {
  const members = readObject(body, 'The body')
  if (members.size > maxAttributes) throw tooLong('The user has too many attributes.')
  let person: ScimPerson = nothingSaid
  for (const [name, value] of members) {
    // A null attribute is one that is not there (RFC 7643, section 2.5).
    if (name === 'id' || value === null || value === undefined) continue
    person = changeAttribute(person, 'replace', parsePath(name), value)
  }
  if (person.userName === '') throw new ScimError(400, 'invalidValue', 'A user needs a userName.')
  return person
}

/** Returns the change of a PATCH request (RFC 7644, section 3.5.2). Throws a `ScimError`. */
export function readPatch(body: unknown): (person: ScimPerson) => ScimPerson {
  const operations = readObject(body, 'The body').get('operations')
  if (!Array.isArray(operations) || operations.length === 0)
    throw new ScimError(400, 'invalidSyntax', 'The body needs Operations, a list with one operation or more.')
  if (operations.length > maxOperations) throw tooLong(`Send at most ${maxOperations} operations.`)
  const changes = operations.map(readOperation)
  return (person) => changes.reduce((changed, change) => change(changed), person)
}

function readOperation(given: unknown): (person: ScimPerson) => ScimPerson {
  const members = readObject(given, 'An operation')
  const op = String(members.get('op')).toLowerCase()
  if (op !== 'add' && op !== 'replace' && op !== 'remove')
    throw new ScimError(400, 'invalidSyntax', 'The op of an operation must be add, replace or remove.')
  const path = members.get('path')
  const value = members.get('value')
  if (path !== undefined && path !== null && path !== '') {
    if (typeof path !== 'string') throw new ScimError(400, 'invalidPath', 'A path must be text.')
    const parsed = parsePath(path)
    return (person) => changeAttribute(person, op, parsed, value)
  }
  if (op === 'remove') throw new ScimError(400, 'noTarget', 'An operation that removes needs a path.')
  return (person) => changeAttributes(person, op, value)
}

const tooLong = (sentence: string) => new ScimError(413, undefined, sentence)
