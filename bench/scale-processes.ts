import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import type { PosternPlace, RunningPostern } from '../test/support/postern.ts'
import { findGrowth, openTraffic, readMemory } from './scale-traffic.ts'

interface ProcessOptions {
  /** Where processes write what they have measured of themselves. */
  folder: string
  slices: number
  seconds: number
  idleSeconds: number
}

/** What of the samples is not counted: code is compiled, and caches fill. */
const warmUp = 0.25

/** Starts portal and gateway, and measures what they ask of the store by themselves, and their memory under traffic. */
export async function measureProcesses(
  place: PosternPlace,
  write: (line: string) => void,
  options: ProcessOptions,
): Promise<void> {
  const start = performance.now()
  const postern = await place.start()
  write(`  portal and gateway: ready after ${((performance.now() - start) / 1000).toFixed(1)} s (goal: 10)`)
  try {
    // What a start asks and migrates is asked once.
    rmSync(join(options.folder, 'queries'), { force: true })
    await wait(options.idleSeconds * 1000)
    write(`  statements over 20 ms in ${options.idleSeconds} s without traffic`)
    for (const line of takeStatements(options.folder)) write(`    ${line}`)
    await measureMemory(postern, write, options)
    write('  statements over 20 ms under traffic')
    for (const line of takeStatements(options.folder)) write(`    ${line}`)
  } catch (error) {
    process.stderr.write(postern.output())
    throw error
  } finally {
    await postern.end()
  }
}

async function measureMemory(
  postern: RunningPostern,
  write: (line: string) => void,
  { folder, slices, seconds }: ProcessOptions,
): Promise<void> {
  const traffic = await openTraffic(postern, seconds)
  const samples = ['portal-process', 'gateway-process'].map((name) => ({
    name,
    processId: postern.findProcesses(name)[0] ?? 0,
    live: [] as number[],
    rss: [] as number[],
  }))
  for (let slice = 0; slice < slices; slice += 1) {
    await traffic.run()
    await wait(2000)
    for (const sample of samples) {
      const { live, rss } = await readMemory(folder, sample.processId)
      sample.live.push(live)
      sample.rss.push(rss)
    }
  }
  const { calls, connections, tokens, pages, issued } = traffic.counts
  write(
    `  traffic: ${calls} calls, ${connections} new connections, ${tokens} tokens, ${pages} pages, ${issued} certificates issued and revoked, in ${slices} slices of ${seconds} s`,
  )
  const megabytes = (numbers: readonly number[]) => numbers.map((one) => (one / 1e6).toFixed(1)).join(' ')
  for (const { name, live, rss } of samples) {
    const steady = live.slice(Math.floor(slices * warmUp))
    write(`    ${name}: live MB ${megabytes(live)}; resident ${megabytes(rss)}`)
    write(
      `      growth of the live memory after the first quarter: ${(findGrowth(steady) * 100).toFixed(1)} % (goal: within 5)`,
    )
  }
}

/** Returns the statements that processes have noted as slow, those that took longest in all first. */
function takeStatements(folder: string): string[] {
  const file = join(folder, 'queries')
  if (!existsSync(file)) return ['none']
  const lines = readFileSync(file, 'utf8').trim().split('\n')
  rmSync(file)
  const all = lines.map((line) => {
    const { text, milliseconds }: { text: string; milliseconds: number } = JSON.parse(line)
    // However many values a statement has, it is the same.
    return { text: text.replaceAll(/\s+/g, ' ').replaceAll(/((?:\?|\$\d+), )+/g, '…, '), milliseconds }
  })
  const sum = (rows: typeof all) => rows.reduce((total, { milliseconds }) => total + milliseconds, 0)
  return [...Map.groupBy(all, ({ text }) => text)]
    .toSorted(([, one], [, other]) => sum(other) - sum(one))
    .slice(0, 20)
    .map(([text, rows]) => {
      const times = rows.map(({ milliseconds }) => milliseconds)
      const most = [Math.min(...times), Math.max(...times)].map((time) => time.toFixed(0)).join(' to ')
      return `${rows.length} times, ${most} ms: ${text.slice(0, 300)}`
    })
}
