import { replaceEqualDeep } from '@tanstack/react-query'

const tags = new WeakMap<object, string>()

/** Remembers the entity tag (RFC 9110, section 8.8.3) of what a reply holds. */
export function rememberEntityTag<T>(value: T, tag: string | null): T {
  if (tag !== null && typeof value === 'object' && value !== null) tags.set(value, tag)
  return value
}

/** Returns the entity tag of what a reply held; undefined if it has none. */
export const findEntityTag = (value: object): string | undefined => tags.get(value)

/** Shares what is equal in two replies, as a query does, and keeps the entity tag of the second one. */
export function shareEqual(old: unknown, next: unknown): unknown {
  const shared: unknown = replaceEqualDeep(old, next)
  const tag = typeof next === 'object' && next !== null ? tags.get(next) : undefined
  return rememberEntityTag(shared, tag ?? null)
}
