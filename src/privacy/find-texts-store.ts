import type { Queries } from '../storage/database.ts'
import type { PersonalTexts } from './personal-texts.ts'

/** Changes of a user that record what the user was called before or asked to be called. */
const renamings = [
  'person.updated',
  'person.email_changed',
  'person.email_change_requested',
  'single_sign_on.linked',
]

/** Returns what names a user in the store, now and in the past; undefined if there is no such user. */
export async function findPersonalTexts(
  queries: Queries,
  userId: string,
): Promise<PersonalTexts | undefined> {
  const user = await queries.selectFrom('users').selectAll().where('id', '=', userId).executeTakeFirst()
  if (user === undefined) return undefined
  const names = new Set([user.name])
  const addresses = new Set([user.email.toLowerCase()])
  const asked = new Set<string>()
  const changes = await queries
    .selectFrom('audit')
    .select(['action', 'before', 'after'])
    .where('subject_id', '=', userId)
    .where('action', 'in', renamings)
    .execute()
  for (const { action, before, after } of changes)
    for (const { name, email, subject } of [toNaming(before), toNaming(after)]) {
      if (name !== undefined) names.add(name)
      // What the provider of an organization calls the user: a login name, for example.
      if (subject !== undefined) asked.add(subject)
      if (email !== undefined) (action === 'person.email_changed' ? addresses : asked).add(email)
    }
  for (const label of await listLabels(queries, userId))
    if (label.includes('@')) addresses.add(label.toLowerCase())
  const others = await listOfOthers(queries, userId, [...addresses])
  const keys = await queries.selectFrom('api_keys').select('id').where('user_id', '=', userId).execute()
  return {
    ids: [userId, ...keys.map(({ id }) => id)],
    addresses: [...addresses].filter((address) => !others.has(address)),
    ownAddresses: [...asked, ...others],
    names: [...names],
  }
}

async function listLabels(queries: Queries, userId: string): Promise<string[]> {
  const rows = await queries
    .selectFrom('audit')
    .select('actor_name')
    .distinct()
    .where('actor_id', '=', userId)
    .execute()
  return rows.map(({ actor_name }) => actor_name)
}

/** An address that the user once had may be another user's now. */
async function listOfOthers(queries: Queries, userId: string, addresses: string[]): Promise<Set<string>> {
  const rows = await queries
    .selectFrom('users')
    .select('email')
    .where('email', 'in', addresses)
    .where('id', '!=', userId)
    .execute()
  return new Set(rows.map(({ email }) => email))
}

function toNaming(json: string | null): { name?: string; email?: string; subject?: string } {
  try {
    const { name, email, subject } = JSON.parse(json ?? '{}')
    return {
      ...(typeof subject === 'string' && { subject }),
      ...(typeof name === 'string' && { name }),
      ...(typeof email === 'string' && { email: email.toLowerCase() }),
    }
  } catch {
    return {}
  }
}
