import type { CertificateState } from '../pki/status/ocsp-response.ts'
import type { Database } from '../storage/database.ts'
import { prepareQuery } from '../storage/prepare-query.ts'
import type { CertificateRow } from '../storage/tables/certificate-tables.ts'

const selections = new Map<number, ReturnType<typeof prepareSelection>>()

/** Returns the query for a number of serial numbers; batched requests come in few sizes. */
function selectStates(count: number) {
  const known = selections.get(count)
  if (known !== undefined) return known
  const prepared = prepareSelection(count)
  selections.set(count, prepared)
  return prepared
}

const prepareSelection = (count: number) =>
  prepareQuery((queries, values: { issuerId: string } & Record<number, string>) =>
    queries
      .selectFrom('certificates')
      .select(['serial_number', 'status', 'revoked_at', 'revocation_reason'])
      .where('issuer_id', '=', values.issuerId)
      .where(
        'serial_number',
        'in',
        Array.from({ length: count }, (_, index) => values[index] as string),
      )
      .where('status', 'in', ['issued', 'revoked']),
  )

/** Creates the store of the states of issued certificates. */
export function createCertificateStateStore({ queries }: Database) {
  return {
    /**
     * Returns the states of these serial numbers (lower-case hex) of an issuer, in the same order. `good` is
     * only what is stored as issued; a serial number that was never issued is `unknown`.
     */
    async list(issuerId: string, serialNumbers: readonly string[]): Promise<CertificateState[]> {
      const rows = await selectStates(serialNumbers.length)(queries, { issuerId, ...serialNumbers })
      const states = new Map(rows.map((row) => [row.serial_number, toState(row)]))
      const missing = serialNumbers.filter((serialNumber) => !states.has(serialNumber))
      for (const serialNumber of await listResponders(issuerId, missing))
        states.set(serialNumber, { status: 'good' })
      return serialNumbers.map((serialNumber) => states.get(serialNumber) ?? { status: 'unknown' })
    },
  }

  /** Returns the serial numbers of OCSP responders of the issuer: they are short-lived and never revoked. */
  async function listResponders(issuerId: string, serialNumbers: readonly string[]): Promise<string[]> {
    if (serialNumbers.length === 0) return []
    const rows = await queries
      .selectFrom('ocsp_responders')
      .select('serial_number')
      .where('issuer_id', '=', issuerId)
      .where('serial_number', 'in', serialNumbers)
      .where('certificate_der', 'is not', null)
      .execute()
    return rows.map((row) => row.serial_number)
  }
}

export type CertificateStateStore = ReturnType<typeof createCertificateStateStore>

function toState(row: Pick<CertificateRow, 'status' | 'revoked_at' | 'revocation_reason'>): CertificateState {
  if (row.status === 'issued') return { status: 'good' }
  return {
    status: 'revoked',
    revokedAt: row.revoked_at ?? 0,
    reason: row.revocation_reason ?? 'unspecified',
  }
}
