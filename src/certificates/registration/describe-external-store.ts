import { sql } from 'kysely'
import { PosternError } from '../../errors.ts'
import { parseCertificate } from '../../pki/certificate/certificate.ts'
import { formatName } from '../../pki/name/name.ts'
import { getPurpose } from '../../pki/path/find-purpose-problem.ts'
import type { Database } from '../../storage/database.ts'

const rowsPerRun = 500

/**
 * Writes issuer and purpose of externally issued certificates that an older release has registered, up to 500 in one
 * call. Safe to call from several processes concurrently.
 */
export async function describeExternal({ queries }: Database): Promise<void> {
  const rows = await queries
    .selectFrom('certificates')
    .select(['id', 'certificate_der'])
    // Literals and no parameters: SQLite uses the partial index only for them.
    .where('source', '<>', sql.lit('postern'))
    .where('external_purpose', 'is', null)
    .where('certificate_der', 'is not', null)
    .orderBy('id')
    .limit(rowsPerRun)
    .execute()
  for (const { id, certificate_der: der } of rows)
    await queries
      .updateTable('certificates')
      .set(describe(new Uint8Array(der ?? [])))
      .where('id', '=', id)
      .where('external_purpose', 'is', null)
      .execute()
}

function describe(der: Uint8Array) {
  try {
    const certificate = parseCertificate(der)
    return { external_issuer: formatName(certificate.issuer), external_purpose: getPurpose(certificate) }
  } catch (error) {
    // A release with a less strict reader took it; without a value it would be read again for ever.
    if (!(error instanceof PosternError)) throw error
    return { external_issuer: '', external_purpose: 'any_or_none' as const }
  }
}
