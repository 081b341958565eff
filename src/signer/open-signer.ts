import { PosternError } from '../errors.ts'
import { integer } from '../pki/der/der-writer.ts'
import { isSameBytes } from '../pki/der/same-bytes.ts'
import { encodeSignatureAlgorithm } from '../pki/key/signature-algorithm.ts'
import { planFields, type Signer } from '../pki/profile/signer.ts'
import type { Database } from '../storage/database.ts'
import type { Hsm } from './hsm.ts'
import { type IssuerKey, openIssuerKey } from './issuer-key-store.ts'
import { createRecordSeals, notAuthentic } from './record-seals.ts'
import { algorithmOf, signTbs } from './sign-tbs.ts'

/**
 * A signer with the keys of the authority: those that are sealed in the store, which `authorityKey` (32 bytes)
 * opens, and those in a token. A key is kept in memory once it is used, except that of the root: it may be
 * taken offline while this process runs.
 */
export function openSigner(database: Database, authorityKey: Uint8Array, hsm?: Hsm): Signer {
  const keys = new Map<string, IssuerKey>()
  const seals = createRecordSeals(authorityKey)
  const open = async (issuerId: string): Promise<IssuerKey> => {
    const kept = keys.get(issuerId)
    if (kept !== undefined) return kept
    const key = await openIssuerKey(database.queries, { authorityKey, hsm }, issuerId)
    if (!key.isRoot) keys.set(issuerId, key)
    return key
  }
  return {
    async signPlan({ seal, ...plan }) {
      const key = await open(plan.issuerId)
      // Nothing is awaited between this and the signature: what is checked is what is signed.
      if (!seals.isIntact('plan', planFields(plan), seal)) throw notAuthentic(`${plan.kind} ${plan.id}`)
      return signTbs(key, plan.tbs)
    },
    async signList(issuerId, tbs) {
      const key = await open(issuerId)
      assertIsListOf(key, tbs)
      return signTbs(key, tbs)
    },
  }
}

const timeTags = [0x17, 0x18]

/** The start of the TBSCertList of this issuer: version 2, algorithm, name, and a time where a certificate has its validity. */
function assertIsListOf(key: IssuerKey, tbs: Uint8Array): void {
  const start = Buffer.concat([integer(1), encodeSignatureAlgorithm(algorithmOf(key)), key.subjectDer])
  const header = headerLength(tbs)
  const isList =
    isSameBytes(tbs.subarray(header, header + start.length), start) &&
    timeTags.includes(tbs[header + start.length] ?? 0)
  if (isList) return
  throw new PosternError(
    'profile_violation',
    'What was to be signed is no revocation list of this issuer, so it was not signed. Tell the operator.',
  )
}

/** Tag and length (X.690, 8.1.3); a large list has more octets of length than other readers take. */
const headerLength = ([, first = 0]: Uint8Array): number => 2 + (first < 0x80 ? 0 : first & 0x7f)
