import { planFields, type Signer } from '../../src/pki/profile/signer.ts'
import { createRecordSeals } from '../../src/signer/record-seals.ts'

/** Has a TBSCertificate signed as Postern has its own plans signed: sealed under the authority key. */
export function signPlanned(
  signer: Signer,
  authorityKey: Uint8Array,
  issuerId: string,
  tbs: Uint8Array,
): Promise<Uint8Array> {
  const plan = { kind: 'client', id: 'cert_test', environment: 'production', issuerId, tbs } as const
  const seal = createRecordSeals(authorityKey).seal('plan', planFields(plan))
  return signer.signPlan({ ...plan, seal })
}
