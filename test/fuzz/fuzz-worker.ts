import { parentPort, workerData } from 'node:worker_threads'
import {
  addPicture,
  type BlockCoverage,
  countRan,
  covers,
  findNew,
  openBlockCoverage,
  type Picture,
} from './block-coverage.ts'
import { watchedSources } from './distil-corpus.ts'
import { type FuzzOrder, type FuzzReport, presentHeadOctets } from './fuzz-order.ts'
import { type FuzzReader, fuzzReaders } from './fuzz-readers.ts'
import { findProblem } from './judge-input.ts'
import { mutateInput } from './mutate-input.ts'
import { createRandom } from './random.ts'
import { reduceInput } from './reduce-input.ts'

/** Taking the coverage costs more than reading an input, so many inputs are read between two measurements. */
const batchSize = 64
const maxKept = 4096

const order = workerData as FuzzOrder
const reader = fuzzReaders[order.reader] as FuzzReader
const head = new Int32Array(order.present, 0, 2)
const body = new Uint8Array(order.present, presentHeadOctets)
const tell = (report: FuzzReport) => parentPort?.postMessage(report)

await fuzz(openBlockCoverage(watchedSources))

async function fuzz(coverage: BlockCoverage): Promise<void> {
  const random = createRandom(order.seed)
  const end = Date.now() + order.milliseconds
  const known: Picture = new Map()
  const corpus = [...order.corpus]
  const problems = new Set<string>()
  let inputs = 0
  let slowest = { milliseconds: 0, input: new Uint8Array() as Uint8Array }

  const judge = async (input: Uint8Array) => {
    show(input)
    const start = performance.now()
    const problem = await findProblem(reader, input)
    const milliseconds = performance.now() - start
    if (milliseconds > slowest.milliseconds) slowest = { milliseconds, input }
    inputs += 1
    if (problem === undefined || problems.has(problem)) return
    problems.add(problem)
    const isSame = async (smaller: Uint8Array) => (await findProblem(reader, smaller)) === problem
    tell({ kind: 'problem', input: await reduceInput(input, isSame), problem })
  }
  const runAlone = async (input: Uint8Array) => {
    show(input)
    coverage.take()
    await findProblem(reader, input)
    return coverage.take()
  }
  const learn = async (input: Uint8Array) => {
    const fresh = findNew(known, await runAlone(input))
    if (!fresh) return
    const small = await reduceInput(input, async (smaller) => covers(await runAlone(smaller), fresh))
    addPicture(known, await runAlone(small))
    addPicture(known, fresh)
    corpus.push(small)
    if (small.length <= maxKept) tell({ kind: 'new', input: small })
  }

  for (const input of corpus) {
    await judge(input)
    addPicture(known, await runAlone(input))
  }
  while (Date.now() < end) {
    const batch = Array.from({ length: batchSize }, () =>
      mutateInput(random, pickInput(), random.pick(corpus)),
    )
    coverage.take()
    for (const input of batch) await judge(input)
    if (findNew(known, coverage.take())) for (const input of batch) await learn(input)
  }
  tell({ kind: 'end', inputs, characters: countRan(known), slowest })
  coverage.close()

  /** Selects an input, half of the time one of the latest. */
  function pickInput(): Uint8Array {
    return random.once(2) ? random.pick(corpus.slice(-32)) : random.pick(corpus)
  }
}

function show(input: Uint8Array): void {
  body.set(input)
  head[1] = input.length
  Atomics.add(head, 0, 1)
}
