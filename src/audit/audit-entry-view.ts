import type { AuditEntryView } from '../contract/audit.ts'
import { type AuditRecord, toChangeEvent } from './to-change-event.ts'

/** Returns a row of the audit log as the API answers it. */
export const toEntryView = (record: AuditRecord): AuditEntryView => ({
  ...toChangeEvent(record),
  sequence: record.sequence,
  hash: record.hash,
})
