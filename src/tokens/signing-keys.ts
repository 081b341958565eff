import type { KeyObject } from 'node:crypto'
import type { TokenAlgorithm } from '../contract/environment.ts'

/** A key that signs tokens. Times are milliseconds since 1970. */
export interface SigningKey {
  /** `kid` */
  id: string
  environment: string
  algorithm: TokenAlgorithm
  privateKey: KeyObject
  publicKey: KeyObject
  publicJwk: Record<string, unknown>
  signsFrom: number
  /** Null until another key replaces it. */
  acceptedUntil: number | null
}

/** Creates the signing keys in memory, replaced as a whole when the store has others. */
export function createSigningKeys() {
  let keys: readonly SigningKey[] = []
  /** When keys ended, also those that the store has no more. */
  const ends = new Map<string, number>()
  const isAccepted = ({ acceptedUntil }: SigningKey, now: number) =>
    acceptedUntil === null || now < acceptedUntil

  return {
    /** Takes over the keys of the store. One that has an end keeps it: a store may be restored from before. */
    replace(all: readonly SigningKey[]): void {
      keys = all.map((key) => {
        const end = Math.min(
          key.acceptedUntil ?? Number.POSITIVE_INFINITY,
          ends.get(key.id) ?? Number.POSITIVE_INFINITY,
        )
        if (!Number.isFinite(end)) return key
        ends.set(key.id, end)
        return { ...key, acceptedUntil: end }
      })
    },
    /** Returns the latest key that may sign now. */
    findSigning: (environment: string, now: number): SigningKey | undefined =>
      keys
        .filter((key) => key.environment === environment && key.signsFrom <= now && isAccepted(key, now))
        .sort((a, b) => b.signsFrom - a.signsFrom)[0],
    /** Returns the key with that `kid` if its tokens are still accepted. */
    findAccepted: (environment: string, id: string, now: number): SigningKey | undefined =>
      keys.find((key) => key.environment === environment && key.id === id && isAccepted(key, now)),
    /** Returns a JWK Set (RFC 7517, section 5) of past, present and future signing keys. */
    toJwks: (environment: string, now: number) => ({
      keys: keys
        .filter((key) => key.environment === environment && isAccepted(key, now))
        .map((key) => ({ ...key.publicJwk, kid: key.id, alg: key.algorithm, use: 'sig' })),
    }),
  }
}

export type SigningKeys = ReturnType<typeof createSigningKeys>
