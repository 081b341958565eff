import type { KeyObject } from 'node:crypto'
import type { TokenAlgorithm } from '../contract/environment.ts'

/** A key that signs tokens. Moments are milliseconds since 1970. */
export interface SigningKey {
  /** `kid` */
  id: string
  environment: string
  algorithm: TokenAlgorithm
  privateKey: KeyObject
  publicKey: KeyObject
  publicJwk: Record<string, unknown>
  signsFrom: number
  /** Null while no other takes its place. */
  acceptedUntil: number | null
}

/** The signing keys in memory; replaced as a whole when the store has others. */
export function createSigningKeys() {
  let keys: readonly SigningKey[] = []
  const isAccepted = ({ acceptedUntil }: SigningKey, now: number) =>
    acceptedUntil === null || now < acceptedUntil

  return {
    replace(all: readonly SigningKey[]): void {
      keys = all
    },
    /** The newest that may sign now. */
    findSigning: (environment: string, now: number): SigningKey | undefined =>
      keys
        .filter((key) => key.environment === environment && key.signsFrom <= now && isAccepted(key, now))
        .sort((a, b) => b.signsFrom - a.signsFrom)[0],
    /** The key with that `kid` if what it signed still counts. */
    findAccepted: (environment: string, id: string, now: number): SigningKey | undefined =>
      keys.find((key) => key.environment === environment && key.id === id && isAccepted(key, now)),
    /** A JWK set (RFC 7517, 5) of what signs, has signed and will sign. */
    toJwks: (environment: string, now: number) => ({
      keys: keys
        .filter((key) => key.environment === environment && isAccepted(key, now))
        .map((key) => ({ ...key.publicJwk, kid: key.id, alg: key.algorithm, use: 'sig' })),
    }),
  }
}

export type SigningKeys = ReturnType<typeof createSigningKeys>
