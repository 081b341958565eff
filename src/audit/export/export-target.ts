import type { ExportItem } from './export-item.ts'

/** Where items go once. */
export interface Delivery {
  /** Hands items over, in order; resolves as soon as the target can take more. Throws if it does not take them. */
  write(items: readonly ExportItem[]): Promise<void>
  /** Resolves when the target has everything that was written, as far as it can tell. Throws if it has not. */
  finish(): Promise<void>
  /** Ends it after a failure; what was written may be there or not. */
  abort(): void
}

/** A target of the audit export. */
export interface ExportTarget {
  /** Begins a delivery, which ends when `signal` is aborted. Throws why the target cannot be used. */
  open(signal: AbortSignal): Promise<Delivery>
  /** Returns the last row that the target has, where it can tell. */
  readLast?(): Promise<{ sequence: number; hash: string } | undefined>
}
