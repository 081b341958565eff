import { verify } from 'node:crypto'
import { z } from 'zod'
import type { ChainEnd } from './audit-chain.ts'

/** A signed statement that the audit log ended in a certain way at a certain time. */
export interface Checkpoint extends ChainEnd {
  at: number
  keyId: string
  /** ECDSA with SHA-256 over the statement, DER. */
  signature: Uint8Array
}

/** Signs checkpoints; the key is behind it. */
export interface CheckpointSigner {
  keyId: string
  /** SubjectPublicKeyInfo, DER. */
  publicKey: Uint8Array
  sign(statement: Uint8Array): Promise<Uint8Array>
}

/** The text that is signed: so that `openssl dgst -sha256 -verify` can judge it without Postern. */
export function stateCheckpoint({ sequence, hash, at }: ChainEnd & { at: number }): Uint8Array {
  const lines = ['Postern audit checkpoint 1', `sequence ${sequence}`, `sha256 ${hash}`]
  return new TextEncoder().encode(`${[...lines, `at ${new Date(at).toISOString()}`].join('\n')}\n`)
}

/** Whether the checkpoint was signed by the key with this SubjectPublicKeyInfo (DER). */
export function isCheckpointSigned(checkpoint: Checkpoint, publicKey: Uint8Array): boolean {
  const key = { key: Buffer.from(publicKey), format: 'der' as const, type: 'spki' as const }
  return verify('sha256', stateCheckpoint(checkpoint), key, checkpoint.signature)
}

/** A checkpoint as it is written outside the store and in answers. */
const CheckpointText = z.object({
  sequence: z.number().int().positive(),
  hash: z.string().regex(/^[0-9a-f]{64}$/),
  at: z.iso.datetime(),
  keyId: z.string(),
  signature: z.base64(),
})

/** Reads one; throws what Zod throws. Fields that it does not know are left aside. */
export function parseCheckpoint(value: unknown): Checkpoint {
  const { at, signature, ...rest } = CheckpointText.parse(value)
  return { ...rest, at: Date.parse(at), signature: new Uint8Array(Buffer.from(signature, 'base64')) }
}

/** One line of JSON. */
export function formatCheckpoint({ sequence, hash, at, keyId, signature }: Checkpoint): string {
  const text = Buffer.from(signature).toString('base64')
  return JSON.stringify({ sequence, hash, at: new Date(at).toISOString(), keyId, signature: text })
}
