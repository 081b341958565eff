import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { type FuzzOrder, type FuzzReport, presentHeadOctets } from './fuzz-order.ts'
import { maxWaitMs } from './judge-input.ts'
import type { InputCost } from './measure-input.ts'
import { maxInputOctets } from './mutate-input.ts'

/** The memory limit for an input of less than a mebibyte. */
const maxBytes = 64 * 2 ** 20
/** What the worker needs for itself, its corpus and V8's counters. */
const ownMebibytes = 96
/** A shared machine may suspend a process; what is really too slow is also slow in a process of its own. */
const patience = 2 * maxWaitMs

/** What a worker found before it ended or was stopped. */
export interface FuzzRun {
  reports: FuzzReport[]
  /** The input that it read when it hung or ran out of memory. */
  fatal?: { input: Uint8Array; problem: string }
}

/** Lets a worker fuzz one reader, and stops it if an input takes too much time or memory. */
export function runWorker(order: Omit<FuzzOrder, 'present'>): Promise<FuzzRun> {
  const present = new SharedArrayBuffer(presentHeadOctets + maxInputOctets)
  const head = new Int32Array(present, 0, 2)
  const worker = new Worker(join(import.meta.dirname, 'fuzz-worker.ts'), {
    workerData: { ...order, present } satisfies FuzzOrder,
    resourceLimits: { maxOldGenerationSizeMb: ownMebibytes + maxBytes / 2 ** 20 },
  })
  const run: FuzzRun = { reports: [] }
  const presentInput = () => new Uint8Array(present, presentHeadOctets).slice(0, Atomics.load(head, 1))
  let seen = { count: -1, since: Date.now() }
  const watch = setInterval(() => {
    const count = Atomics.load(head, 0)
    if (count !== seen.count) seen = { count, since: Date.now() }
    else if (Date.now() - seen.since > patience) {
      run.fatal = { input: presentInput(), problem: 'it hangs' }
      void worker.terminate()
    }
  }, 200)
  worker.on('message', (report: FuzzReport) => run.reports.push(report))
  worker.on('error', (error) => {
    run.fatal = { input: presentInput(), problem: String(error) }
  })
  return new Promise((resolve) =>
    worker.on('exit', () => {
      clearInterval(watch)
      resolve(run)
    }),
  )
}

/** Measures an input in a process of its own; returns the problem with its time or memory, if any. */
export function findExcess(reader: string, input: Uint8Array): string | undefined {
  const program = join(import.meta.dirname, 'measure-input.ts')
  const { stdout } = spawnSync(process.execPath, [program, reader], {
    input,
    encoding: 'utf8',
    timeout: 10 * maxWaitMs,
  })
  if (stdout === '') return 'it does not end, or ends its process'
  const cost: InputCost = JSON.parse(stdout)
  if (cost.milliseconds > maxWaitMs) return `it takes ${Math.round(cost.milliseconds)} ms`
  return cost.bytes > maxBytes ? `it takes ${Math.round(cost.bytes / 2 ** 20)} MiB` : undefined
}
