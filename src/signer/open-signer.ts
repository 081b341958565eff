import { PosternError } from '../errors.ts'
import { isSameIssuer, SoundTbsCertificate } from '../pki/profile/lint-certificate.ts'
import { SoundTbsCertList } from '../pki/status/lint-revocation-list.ts'
import type { MasterKey } from '../shapes/master-key.ts'
import { type Signer, tbsFields } from '../shapes/signer.ts'
import type { Database } from '../storage/database.ts'
import type { Hsm } from './hsm.ts'
import { type IssuerKey, openIssuerKey } from './issuer-key-store.ts'
import { createRecordSeals, notAuthentic } from './record-seals.ts'
import { signTbs } from './sign-tbs.ts'

/**
 * Returns a signer with the keys of the certificate authority: the sealed ones in the store, which
 * `authorityKey` (32 bytes) opens, and those in a token. A key stays in memory after its first use, except
 * that of the root, which may be taken offline while this process runs.
 */
export function openSigner(database: Database, authorityKey: MasterKey, hsm?: Hsm): Signer {
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
    async signCertificate({ seal, tbs, ...record }) {
      const key = await open(record.issuerId)
      // No await between this check and the signature: the checked bytes are the signed bytes.
      const sealed = tbsFields({ ...record, kind: tbs.kind, tbs: tbs.der })
      if (!seals.isIntact('tbs-certificate', sealed, seal)) throw notAuthentic(`${tbs.kind} ${record.id}`)
      assertLintedFor(key, tbs, SoundTbsCertificate)
      return signTbs(key, tbs)
    },
    async signRevocationList(issuerId, list) {
      const key = await open(issuerId)
      assertLintedFor(key, list, SoundTbsCertList)
      return signTbs(key, list)
    },
  }
}

/** What was linted for another issuer may break the rules of this one. What a cast has made was not linted. */
function assertLintedFor(
  { details }: IssuerKey,
  tbs: SoundTbsCertificate | SoundTbsCertList,
  sound: typeof SoundTbsCertificate | typeof SoundTbsCertList,
): void {
  if (tbs instanceof sound && isSameIssuer(tbs.issuer, details)) return
  throw new PosternError(
    'profile_violation',
    'What was to be signed was not linted for the issuer whose key was to sign, so it was not signed. Tell the operator.',
  )
}
