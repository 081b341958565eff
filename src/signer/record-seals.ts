import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto'
import { PosternError } from '../errors.ts'
import { listKeys, type MasterKey } from '../shapes/master-key.ts'
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
 * verifies the same seals, even if the keys of issuers are in a token. While the authority key is being changed, seals
 * under either key are valid.
 */
export function createRecordSeals(authorityKey: MasterKey): RecordSeals {
  const [first, second] = listKeys(authorityKey).map(createSeal) as [Seal, Seal?]
  const isSealOf = (
    make: Seal | undefined,
    ...[kind, fields, given]: Parameters<RecordSeals['isIntact']>
  ) => {
    const expected = make?.(kind, fields)
    return expected !== undefined && given?.length === expected.length && timingSafeEqual(given, expected)
  }
  const findSealer: RecordSeals['findSealer'] = (...given) => {
    // Both are compared, so that the time does not tell which one it is.
    const [isOfFirst, isOfSecond] = [isSealOf(first, ...given), isSealOf(second, ...given)]
    if (isOfFirst) return 'first'
    return isOfSecond ? 'second' : 'neither'
  }
  return { seal: first, findSealer, isIntact: (...given) => findSealer(...given) !== 'neither' }
}

type Seal = RecordSeals['seal']

function createSeal(master: Uint8Array): Seal {
  const keys = new Map<SealedKind, Uint8Array>()
  const keyOf = (kind: SealedKind): Uint8Array => {
    const known = keys.get(kind)
    if (known !== undefined) return known
    const info = `postern record seal 1 ${labels[kind]}`
    const key = new Uint8Array(hkdfSync('sha256', master, new Uint8Array(), info, keyLength))
    keys.set(kind, key)
    return key
  }
  return (kind, fields) => {
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
}

/** Returns the error for a record that was written without Postern, or under another authority key. */
export const notAuthentic = (detail: string) =>
  new PosternError(
    'record_not_authentic',
    'The store holds a plan that Postern did not write, or that was changed afterwards. It was not signed. Look who can write to the store, and compare the audit log with its checkpoints.',
    { detail },
  )
