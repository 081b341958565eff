import { z } from 'zod'

const prefix = 'postern.form '
const signedOutAt = 'postern.signed-out'
/** What is kept in one tab. */
const maxForms = 20
const maxLength = 16_384
const lifetimeMs = 12 * 3_600_000
/** The server keeps a key for a day; a form that is sent again after so long is meant as a new one. */
const keyLifetimeMs = 15 * 60_000

const Kept = z.object({
  person: z.string(),
  at: z.number(),
  /** The fields that a user has changed, each with what it was before. */
  fields: z.record(z.string(), z.object({ was: z.unknown(), is: z.unknown() })).optional(),
  /** The idempotency key of a request whose outcome is not known yet. */
  key: z.object({ value: z.string(), at: z.number() }).optional(),
})
type Kept = z.output<typeof Kept>

/** A field that a user has changed. */
export type KeptFields = NonNullable<Kept['fields']>

let person: string | undefined

/**
 * Keeps the input of a user in this tab until it is sent, the user signs out, or twelve hours have passed. Removes what
 * another user has left. Without a user nothing is kept.
 */
export function keepInputOf(email: string): void {
  person = email
  for (const name of listNames()) if (parse(name)?.person !== email) remove(name)
}

/** Removes the input of every form, and marks what other tabs have kept as to be removed: the user has signed out. */
export function removeKeptInput(): void {
  try {
    localStorage.setItem(signedOutAt, String(Date.now()))
  } catch {
    // Other tabs are told by a message.
  }
  for (const name of listNames()) remove(name)
}

/** Removes what was kept before the user signed out, and what is too old. */
export function removeOldInput(): void {
  for (const name of listNames()) if (parse(name) === undefined) remove(name)
}

/** Names a form by the operation that it sends, and by the organization, environment and resource it is about. */
export const nameForm = ({ id }: { id: string }, params: object = {}): string =>
  [id, ...Object.values(params)].join(' ')

/** Returns the changed fields of a form, of this user. */
export const readFields = (form: string): KeptFields => read(form)?.fields ?? {}

/** Keeps the changed fields of a form; without any the form is removed. */
export function keepFields(form: string, fields: KeptFields): void {
  const known = read(form)
  if (Object.keys(fields).length > 0) write(form, { ...known, fields })
  else if (known?.key !== undefined) write(form, { key: known.key })
  else remove(prefix + form)
}

/** Returns the idempotency key of a form: the same one until its request has succeeded. */
export function takeKey(form: string): string {
  const known = read(form)
  if (known?.key !== undefined && Date.now() - known.key.at < keyLifetimeMs) return known.key.value
  const value = crypto.randomUUID()
  write(form, { ...known, key: { value, at: Date.now() } })
  return value
}

/** Removes the key of a form, whose next request is a new one. */
export function dropKey(form: string): void {
  const { fields } = read(form) ?? {}
  if (fields === undefined) remove(prefix + form)
  else write(form, { fields })
}

/** Removes a form that has been sent. */
export const dropForm = (form: string): void => remove(prefix + form)

function read(form: string): Kept | undefined {
  const kept = parse(prefix + form)
  return kept?.person === person && person !== undefined ? kept : undefined
}

function write(form: string, kept: Pick<Kept, 'fields' | 'key'>): void {
  if (person === undefined) return
  const text = JSON.stringify({ ...kept, person, at: Date.now() } satisfies Kept)
  try {
    if (text.length > maxLength) sessionStorage.removeItem(prefix + form)
    else sessionStorage.setItem(prefix + form, text)
  } catch {
    // A browser without storage keeps nothing.
  }
  for (const name of listNames().slice(maxForms)) remove(name)
}

function parse(name: string): Kept | undefined {
  try {
    const kept = Kept.safeParse(JSON.parse(sessionStorage.getItem(name) ?? ''))
    if (!kept.success || Math.abs(Date.now() - kept.data.at) > lifetimeMs) return undefined
    return kept.data.at > Number(localStorage.getItem(signedOutAt)) ? kept.data : undefined
  } catch {
    return undefined
  }
}

function remove(name: string): void {
  try {
    sessionStorage.removeItem(name)
  } catch {
    // Nothing was kept.
  }
}

/** Returns the names of what is kept, the latest first. */
function listNames(): string[] {
  try {
    return Object.keys(sessionStorage)
      .filter((name) => name.startsWith(prefix))
      .sort((one, other) => (parse(other)?.at ?? 0) - (parse(one)?.at ?? 0))
  } catch {
    return []
  }
}
