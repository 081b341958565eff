import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** A request that a test executes, and what it was answered. */
interface Example {
  request: { params?: Record<string, string>; query?: Record<string, string>; body?: unknown }
  status: number
  /** Left out for an answer that is not JSON. */
  body?: unknown
}

let examples: Record<string, Example> | undefined

/** Returns the example of an operation. The file is read once, with the first document. */
export function findExample(id: string): Example | undefined {
  examples ??= JSON.parse(
    readFileSync(join(import.meta.dirname, '../contract/examples.json'), 'utf8'),
  ) as Record<string, Example>
  return examples[id]
}
