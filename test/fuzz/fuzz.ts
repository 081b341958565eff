import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { dropInput, keepInput, readCorpus } from './corpus.ts'
import { findDistilled } from './distil-corpus.ts'
import { fuzzReaders } from './fuzz-readers.ts'
import { findExcess, runWorker } from './run-worker.ts'

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '20' },
    reader: { type: 'string', multiple: true, default: Object.keys(fuzzReaders) },
    seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
    distil: { type: 'boolean', default: false },
    differential: { type: 'boolean', default: false },
  },
})

if (values.differential) process.exitCode = compareWithOthers()
else process.exitCode = (await fuzzReadersInTurn()) === 0 ? 0 : 1

async function fuzzReadersInTurn(): Promise<number> {
  let problems = 0
  for (const reader of values.reader) {
    if (!fuzzReaders[reader])
      throw new Error(`There is no reader ${reader}. There are: ${Object.keys(fuzzReaders).join(', ')}`)
    problems += await fuzzReader(reader, Number(values.seconds) * 1000)
    if (values.distil) await distil(reader)
  }
  console.log(
    problems === 0 ? 'No problem found.' : `${problems} problems found; their inputs are in the corpus.`,
  )
  return problems
}

/** Returns how many problems were found. Each input with a problem is stored in the corpus. */
async function fuzzReader(reader: string, milliseconds: number): Promise<number> {
  const corpus = readCorpus(reader).map(({ bytes }) => bytes)
  const { reports, fatal } = await runWorker({ reader, corpus, seed: Number(values.seed), milliseconds })
  const found = fatal ? [fatal] : []
  for (const report of reports) {
    if (report.kind === 'new') keepInput(reader, report.input)
    if (report.kind === 'problem') found.push(report)
    if (report.kind === 'end') {
      const { inputs, characters, slowest } = report
      const fresh = reports.filter(({ kind }) => kind === 'new').length
      console.log(
        `${reader}: ${inputs} inputs, ${characters} characters of source ran, ${fresh} inputs new, slowest ${slowest.milliseconds.toFixed(1)} ms`,
      )
      const excess = findExcess(reader, slowest.input)
      if (excess) found.push({ input: slowest.input, problem: excess })
    }
  }
  for (const { input, problem } of found)
    console.log(`${reader}: ${problem}\n  test/fuzz/corpus/${reader}/${keepInput(reader, input, true)}`)
  return found.length
}

/**
 * Reduces the corpus to the inputs that are needed for its coverage, and those that once showed a problem.
 */
async function distil(reader: string): Promise<void> {
  const corpus = readCorpus(reader)
  const needed = await findDistilled(fuzzReaders[reader] as (typeof fuzzReaders)[string], corpus)
  for (const { name } of corpus) if (!needed.has(name)) dropInput(reader, name)
  console.log(`${reader}: ${needed.size} of ${corpus.length} inputs stay`)
}

/** Runs the comparisons with OpenSSL and @peculiar/x509 with another seed and twenty times as many inputs. */
function compareWithOthers(): number {
  const vitest = join(import.meta.dirname, '../../node_modules/vitest/vitest.mjs')
  const folder = 'test/interop/differential'
  const { status } = spawnSync(process.execPath, [vitest, 'run', folder, '--testTimeout', '3600000'], {
    stdio: 'inherit',
    env: { ...process.env, POSTERN_SEED: values.seed, POSTERN_DIFFERENTIAL_TIMES: '20' },
  })
  return status ?? 1
}
