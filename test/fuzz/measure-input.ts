import { buffer } from 'node:stream/consumers'
import { fuzzReaders } from './fuzz-readers.ts'

/** The cost of reading an input once, in a process of its own. */
export interface InputCost {
  milliseconds: number
  /** In addition to what the process had before. */
  bytes: number
}

const reader = fuzzReaders[process.argv[2] ?? '']
if (!reader) throw new Error('no such reader')
const input = new Uint8Array(await buffer(process.stdin))
const before = process.memoryUsage.rss()
const start = performance.now()
try {
  await reader.read(input)
} catch {
  // The result is checked elsewhere.
}
const milliseconds = performance.now() - start
const bytes = process.resourceUsage().maxRSS * 1024 - before
process.stdout.write(JSON.stringify({ milliseconds, bytes } satisfies InputCost))
