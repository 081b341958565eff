import type { AuditEntryView } from '../../contract/audit.ts'
import { type Checkpoint, formatCheckpoint } from '../checkpoint.ts'

/** What is exported: the rows of the audit log, and each checkpoint after the row that it signs. */
export type ExportItem =
  | { kind: 'entry'; entry: AuditEntryView }
  | { kind: 'checkpoint'; checkpoint: Checkpoint }

/**
 * Formats an item as one line of JSON without its end: an entry as `listAudit` answers it, a checkpoint as its own file
 * has it, with a type.
 */
export const formatItem = (item: ExportItem): string =>
  item.kind === 'entry'
    ? JSON.stringify(item.entry)
    : `{"type":"audit.checkpoint",${formatCheckpoint(item.checkpoint).slice(1)}`
