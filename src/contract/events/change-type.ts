import { z } from 'zod'

/** One type of recorded change. */
export interface ChangeType {
  description: string
  /** The action as the audit log records it. */
  recordedAs: string
  before: z.ZodType
  after: z.ZodType
  /** Members whose recorded values are enum values: answers write them in snake_case. */
  words?: readonly string[]
  /** Members that the audit log records under another name: the recorded name, and that of the event. */
  renamed?: Readonly<Record<string, string>>
  /** Values that the audit log records under another name, by member. */
  values?: Readonly<Record<string, Readonly<Record<string, string>>>>
  /** Whether operators alone can do it. */
  byOperators?: true
}

/** Keeps the literal types of the types of changes of one noun. */
export const defineChanges = <const Types extends Record<string, ChangeType>>(types: Types): Types => types

/** Nothing is recorded on this side of the change. */
export const nothing = z.null()
export const text = z.string()
export const textOrNull = z.string().nullable()
export const texts = z.array(z.string())
export const count = z.number().int()
