import { verify } from 'node:crypto'
import { z } from 'zod'
import { type AuditBody, type ChainedRow, type ChainProblem, hashBody } from './audit-chain.ts'

/** The action of a row that records a redaction. */
export const redactionAction = 'audit.redacted'

const Hash = z.string().regex(/^[0-9a-f]{64}$/)

/** A row of the log and the hashes of its content: as it was written, and as it is after the redaction. */
const RedactedRow = z.object({ sequence: z.number().int().positive(), written: Hash, redacted: Hash })
export type RedactedRow = z.output<typeof RedactedRow>

/** What the row of a redaction records: rows whose content it replaced, signed by the key of the audit log. */
const Redaction = z.object({
  rows: z.array(RedactedRow).min(1),
  keyId: z.string(),
  signature: z.base64(),
})
export type Redaction = z.output<typeof Redaction>

/** Returns the signed text of a redaction. */
export function stateRedaction(rows: readonly RedactedRow[]): Uint8Array {
  const lines = rows.map(({ sequence, written, redacted }) => `${sequence} ${written} ${redacted}`)
  return new TextEncoder().encode(`Postern audit redaction 1\n${lines.join('\n')}\n`)
}

/**
 * Returns the rows that a row of the log says were redacted, if one of the keys (SPKI, DER) signed them and they stand
 * before it.
 */
function readRedaction(
  { sequence, after }: Pick<ChainedRow, 'sequence' | 'after'>,
  keys: readonly Uint8Array[],
): RedactedRow[] | undefined {
  const redaction = parse(after)
  if (redaction === undefined || redaction.rows.some((row) => row.sequence >= sequence)) return undefined
  const signature = Buffer.from(redaction.signature, 'base64')
  const statement = stateRedaction(redaction.rows)
  const isSigned = keys.some((key) =>
    verify('sha256', statement, { key: Buffer.from(key), format: 'der', type: 'spki' }, signature),
  )
  return isSigned ? redaction.rows : undefined
}

function parse(text: string | null): Redaction | undefined {
  try {
    return Redaction.safeParse(JSON.parse(text ?? 'null')).data
  } catch {
    return undefined
  }
}

/** The content of a row, and what it was written with. */
type TrackedRow = AuditBody & Pick<ChainedRow, 'written_sha256'>

/** Follows which rows of the log were redacted, and by which row that may. */
export interface RedactionTrack {
  /** Takes the next row, which continues the chain; returns its problem. */
  take(row: TrackedRow): ChainProblem | undefined
  /** Numbers of the rows that are not as the latest redaction says, in order. */
  listDoubtful(): number[]
  /** Returns whether a row, read again, is as the latest redaction says. */
  isCovered(row: TrackedRow): boolean
}

/**
 * Follows the redactions of the rows after row `start`. A row may differ from what was written only if a later row says
 * so that the key of the audit log signed, and it must be as the latest of these says: neither the old text nor another
 * one can be put back.
 */
export function trackRedactions(start: number, keys: readonly Uint8Array[]): RedactionTrack {
  const found = new Map<number, string>()
  const wanted = new Map<number, string>()
  const contentOf = (row: TrackedRow) => `${row.written_sha256} ${hashBody(row)}`
  return {
    take(row) {
      if (row.written_sha256 !== null) found.set(row.sequence, contentOf(row))
      if (row.action !== redactionAction) return undefined
      const rows = readRedaction(row, keys)
      if (rows === undefined) return { sequence: row.sequence, kind: 'redaction' }
      for (const { sequence, written, redacted } of rows)
        if (sequence > start) wanted.set(sequence, `${written} ${redacted}`)
      return undefined
    },
    listDoubtful: () =>
      [...new Set([...found.keys(), ...wanted.keys()])]
        .filter((sequence) => found.get(sequence) !== wanted.get(sequence))
        .sort((a, b) => a - b),
    isCovered: (row) => contentOf(row) === wanted.get(row.sequence),
  }
}
