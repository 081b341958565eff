import type { MasterKey } from '../../shapes/master-key.ts'
import type { RecordSeals } from '../../shapes/record-seals.ts'
import { tbsFields } from '../../shapes/signer.ts'
import type { Queries } from '../../storage/database.ts'
import type { SealedValues } from '../../storage/sealed-values.ts'
import type { Certificate } from '../certificate.ts'
import { toCertificate } from '../certificate-row-store.ts'
import { findApprovalSealer, findRequestSealer, sealDecision, sealRequest } from './seal-request.ts'

/**
 * Returns the seals of certificates that are not issued yet: nobody looks at them later. A seal that is not of the
 * present record was planted, or the record has changed since: it is left unchanged and stays invalid, whichever key
 * has made it.
 */
export const toSealedRecords = (createSeals: (key: MasterKey) => RecordSeals): SealedValues => ({
  name: 'seals of requests, decisions and plans',
  columns: ['request_seal', 'decision_seal', 'plan_seal'].map((column) => `certificates.${column}`),

  async find(queries, key, after, limit) {
    const seals = createSeals(key)
    const rows = await selectUnissued(queries)
      .where('certificates.id', '>', after)
      .orderBy('certificates.id')
      .limit(limit)
      .execute()
    return rows.map(({ slug, ...row }) => {
      const isDue = Object.keys(resealOne(toCertificate(row), slug, seals)).length > 0
      return { id: row.id, sealer: isDue ? 'second' : 'first' }
    })
  },

  async reseal(tx, key, ids) {
    const seals = createSeals(key)
    const rows = await selectUnissued(tx)
      .where('certificates.id', 'in', [...ids])
      .execute()
    let changed = 0
    for (const { slug, ...row } of rows) {
      const values = resealOne(toCertificate(row), slug, seals)
      if (Object.keys(values).length === 0) continue
      await tx.updateTable('certificates').set(values).where('id', '=', row.id).execute()
      changed += 1
    }
    return changed
  },
})

const selectUnissued = (queries: Queries) =>
  queries
    .selectFrom('certificates')
    .innerJoin('organizations', 'organizations.id', 'certificates.organization_id')
    .selectAll('certificates')
    .select('organizations.slug')
    .where('certificates.status', '=', 'pending')

/** Returns new seals in place of those under the second key. */
function resealOne(certificate: Certificate, slug: string, seals: RecordSeals) {
  const { id, environment, request, decision, toBeSigned } = certificate
  const record = toBeSigned && tbsFields({ kind: 'client', id, environment, ...toBeSigned })
  return {
    ...(request &&
      findRequestSealer(seals, certificate, slug) === 'second' && {
        request_seal: sealRequest(seals, certificate, slug, request),
      }),
    ...(decision &&
      findApprovalSealer(seals, certificate, slug) === 'second' && {
        decision_seal: sealDecision(seals, certificate, slug, decision),
      }),
    ...(record &&
      seals.findSealer('tbs-certificate', record, toBeSigned.seal) === 'second' && {
        plan_seal: seals.seal('tbs-certificate', record),
      }),
  }
}
