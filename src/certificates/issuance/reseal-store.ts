import type { RecordSeals } from '../../shapes/record-seals.ts'
import { tbsFields } from '../../shapes/signer.ts'
import type { Tx } from '../../storage/database.ts'
import type { Certificate } from '../certificate.ts'
import { toCertificate } from '../certificate-row-store.ts'
import { isApprovalIntact, isRequestIntact, sealDecision, sealRequest } from './seal-request.ts'

/**
 * Seals unissued certificates under another authority key. A seal that `from` did not make is left unchanged
 * and stays invalid.
 */
export async function resealCertificates(tx: Tx, from: RecordSeals, to: RecordSeals): Promise<void> {
  const rows = await tx
    .selectFrom('certificates')
    .innerJoin('organizations', 'organizations.id', 'certificates.organization_id')
    .selectAll('certificates')
    .select('organizations.slug')
    .where('certificates.status', '=', 'pending')
    .execute()
  for (const { slug, ...row } of rows) {
    const values = resealOne(toCertificate(row), slug, from, to)
    if (Object.keys(values).length > 0)
      await tx.updateTable('certificates').set(values).where('id', '=', row.id).execute()
  }
}

function resealOne(certificate: Certificate, slug: string, from: RecordSeals, to: RecordSeals) {
  const { id, environment, request, decision, toBeSigned } = certificate
  const record = toBeSigned && tbsFields({ kind: 'client', id, environment, ...toBeSigned })
  return {
    ...(request &&
      isRequestIntact(from, certificate, slug) && {
        request_seal: sealRequest(to, certificate, slug, request),
      }),
    ...(decision &&
      isApprovalIntact(from, certificate, slug) && {
        decision_seal: sealDecision(to, certificate, slug, decision),
      }),
    ...(record &&
      from.isIntact('tbs-certificate', record, toBeSigned.seal) && {
        plan_seal: to.seal('tbs-certificate', record),
      }),
  }
}
