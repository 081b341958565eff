import type { keyKinds } from '../contract/environment.ts'

const day = 86_400_000

type KeyKind = (typeof keyKinds)[number]

/** Which kinds of keys an environment accepts, and the last day (RFC 3339, UTC) of those that end. */
export interface KeyRules {
  allowedKeys: readonly KeyKind[]
  allowedKeysUntil: Readonly<Partial<Record<KeyKind, string>>>
}

/** Returns the time from which a kind of key is no longer accepted, milliseconds since 1970; undefined without one. */
export function findKeyEnd({ allowedKeysUntil }: Pick<KeyRules, 'allowedKeysUntil'>, kind: KeyKind) {
  const last = allowedKeysUntil[kind]
  return last === undefined ? undefined : Date.parse(last) + day
}

/** Returns the kinds of keys that an environment accepts at `now`. */
export const getAllowedKeys = (rules: KeyRules, now: number): KeyKind[] =>
  rules.allowedKeys.filter((kind) => (findKeyEnd(rules, kind) ?? Infinity) > now)

/** Returns the kind of key to propose: P-256 if it stays, else the first that does. */
export function getProposedKey({ allowedKeys, allowedKeysUntil }: KeyRules): KeyKind {
  const lasting = allowedKeys.filter((kind) => allowedKeysUntil[kind] === undefined)
  return lasting.includes('ec-p256') ? 'ec-p256' : (lasting[0] ?? 'ec-p256')
}
