import { z } from 'zod'

const Position = z.object({ sequence: z.number().int(), hash: z.string() })

/** What a backup says about itself, in its first line. */
export const BackupHead = z.object({
  postern: z.literal('backup'),
  format: z.literal(1),
  release: z.string(),
  engine: z.enum(['sqlite', 'postgres']),
  /** Milliseconds since 1970: the moment of the state that it holds. */
  takenAt: z.number().int(),
  migrations: z.array(z.string()),
  /** The last row of the audit log. */
  auditHead: Position,
  /** The text of the configuration file; null where there was none. */
  configuration: z.string().nullable(),
  /** The checkpoints of the audit log that were kept outside the store, as lines of JSON. */
  checkpoints: z.string(),
})
export type BackupHead = z.output<typeof BackupHead>

/** The first line of the rows of a table. */
export const TableHead = z.object({ table: z.string(), columns: z.array(z.string()) })

/** The last line: the digest of each table. */
export const BackupEnd = z.object({
  digests: z.record(z.string(), z.object({ rows: z.number().int(), sum: z.string() })),
})
