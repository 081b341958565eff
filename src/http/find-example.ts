import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** A request that a test executes, and what it was answered. */
interface Example {
  request: {
    params?: Record<string, string>
    query?: Record<string, unknown>
    headers?: Record<string, string>
    body?: unknown
  }
  status: number
  /** Of an answer that is not JSON. */
  mediaType?: string
  /** The first event of a stream, or the text of a file; left out for octets. */
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
