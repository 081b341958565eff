import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto'
import { PosternError } from '../errors.ts'
import type { RecordSeals, SealedKind } from '../shapes/record-seals.ts'

const keyLength = 32

/** The name of each kind in the seals of every store: another one would open none of them. */
const labels: Record<SealedKind, string> = {
  'tbs-certificate': 'plan',
  request: 'request',
  decision: 'decision',
}

/**
 * Creates seals with keys that are derived from `authorityKey` (HKDF, RFC 5869; one key for each kind, so
 * that a seal of one kind is not valid for another). Every process with the authority key creates and
 * verifies the same seals, even if the keys of issuers are in a token.
 */
export function createRecordSeals(authorityKey: Uint8Array): RecordSeals {
  const keys = new Map<SealedKind, Uint8Array>()
  const keyOf = (kind: SealedKind): Uint8Array => {
    const known = keys.get(kind)
    if (known !== undefined) return known
    const info = `postern record seal 1 ${labels[kind]}`
    const key = new Uint8Array(hkdfSync('sha256', authorityKey, new Uint8Array(), info, keyLength))
    keys.set(kind, key)
    return key
  }
  const seal: RecordSeals['seal'] = (kind, fields) => {
    const hmac = createHmac('sha256', keyOf(kind))
    for (const field of fields) {
      const octets = typeof field === 'string' ? Buffer.from(field) : field
      // The length prefix keeps two fields from being read as two others.
      const length = Buffer.alloc(4)
      length.writeUInt32BE(octets.length)
      hmac.update(length).update(octets)
    }
    return new Uint8Array(hmac.digest())
  }
  return {
    seal,
    isIntact(kind, fields, given) {
      const expected = seal(kind, fields)
      return given?.length === expected.length && timingSafeEqual(given, expected)
    },
  }
}

/** Returns the error for a record that was written without Postern, or under another authority key. */
export const notAuthentic = (detail: string) =>
  new PosternError(
    'record_not_authentic',
    'The store holds a plan that Postern did not write, or that was changed afterwards. It was not signed. Look who can write to the store, and compare the audit log with its checkpoints.',
    { detail },
  )
