import type { SoundTbsCertificate } from '../../src/pki/profile/lint-certificate.ts'
import type { MasterKey } from '../../src/shapes/master-key.ts'
import { type Signer, type TbsRecord, tbsFields } from '../../src/shapes/signer.ts'
import { createRecordSeals } from '../../src/signer/record-seals.ts'

/** Has a TBSCertificate signed as Postern has its own signed: sealed under the authority key. */
export function signSealed(
  signer: Signer,
  authorityKey: MasterKey,
  issuerId: string,
  tbs: SoundTbsCertificate<TbsRecord['kind']>,
): Promise<Uint8Array> {
  const record = { id: 'cert_test', environment: 'production', issuerId }
  const fields = tbsFields({ ...record, kind: tbs.kind, tbs: tbs.der })
  const seal = createRecordSeals(authorityKey).seal('tbs-certificate', fields)
  return signer.signCertificate({ ...record, tbs, seal })
}
