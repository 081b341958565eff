import { verify } from 'node:crypto'
import { z } from 'zod'
import type { ChainEnd } from './audit-chain.ts'

/** A signed record of the last row of the audit log at a certain time. */
export interface Checkpoint extends ChainEnd {
  at: number
  keyId: string
  /** ECDSA with SHA-256 over the checkpoint text, DER. */
  signature: Uint8Array
}

/** Signs checkpoints with a key that it does not expose. */
export interface CheckpointSigner {
  keyId: string
  /** SubjectPublicKeyInfo, DER. */
  publicKey: Uint8Array
  sign(statement: Uint8Array): Promise<Uint8Array>
}

/** Returns the signed text, which `openssl dgst -sha256 -verify` can verify without Postern. */
export function stateCheckpoint({ sequence, hash, at }: ChainEnd & { at: number }): Uint8Array {
  const lines = ['Postern audit checkpoint 1', `sequence ${sequence}`, `sha256 ${hash}`]
  return new TextEncoder().encode(`${[...lines, `at ${new Date(at).toISOString()}`].join('\n')}\n`)
}

/** Returns whether the key with this SubjectPublicKeyInfo (DER) has signed the checkpoint. */
export function isCheckpointSigned(checkpoint: Checkpoint, publicKey: Uint8Array): boolean {
  const key = { key: Buffer.from(publicKey), format: 'der' as const, type: 'spki' as const }
  return verify('sha256', stateCheckpoint(checkpoint), key, checkpoint.signature)
}

/** The format of a checkpoint outside the store and in responses. */
const CheckpointText = z.object({
  sequence: z.number().int().positive(),
  hash: z.string().regex(/^[0-9a-f]{64}$/),
  at: z.iso.datetime(),
  keyId: z.string(),
  signature: z.base64(),
})

/** Parses a checkpoint; throws Zod's errors. Ignores unknown fields. */
export function parseCheckpoint(value: unknown): Checkpoint {
  const { at, signature, ...rest } = CheckpointText.parse(value)
  return { ...rest, at: Date.parse(at), signature: new Uint8Array(Buffer.from(signature, 'base64')) }
}

/** Formats a checkpoint as one line of JSON. */
export function formatCheckpoint({ sequence, hash, at, keyId, signature }: Checkpoint): string {
  const text = Buffer.from(signature).toString('base64')
  return JSON.stringify({ sequence, hash, at: new Date(at).toISOString(), keyId, signature: text })
}
