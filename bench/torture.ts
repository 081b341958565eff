import { parseArgs } from 'node:util'
import { clockFaults } from './torture/clock.ts'
import { emailFaults } from './torture/emails.ts'
import type { Fault, Outcome } from './torture/fault.ts'
import { fileFaults } from './torture/files.ts'
import { postgresFaults } from './torture/postgres.ts'
import { processFaults } from './torture/processes.ts'

/** Tests what is lost, fails and hangs when components repeatedly fail under a running Postern. */
const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '50' }, only: { type: 'string', default: '' } },
})
const rounds = Number(values.rounds)
const all = [...processFaults, ...postgresFaults, ...fileFaults, ...emailFaults, ...clockFaults]
const chosen = all.filter(({ name }) => values.only.split(',').some((part) => name.includes(part)))

const rows = [
  '| fault | rounds | lost | failed | hung | felt, s: median, most |',
  '| --- | --- | --- | --- | --- | --- |',
]
let isAllWell = true
for (const fault of chosen) rows.push(await torture(fault))
process.stdout.write(`${rows.join('\n')}\n`)
process.exit(isAllWell ? 0 : 1)

/** Runs a fault and returns its row of the table; findings are printed immediately. */
async function torture(fault: Fault): Promise<string> {
  const missing = fault.findMissing?.()
  if (missing !== undefined) return `| ${fault.name} | not run: needs ${missing} | | | | |`
  const outcomes: Outcome[] = []
  try {
    for await (const outcome of fault.run(rounds)) {
      outcomes.push(outcome)
      tell(fault, outcomes.length, outcome)
    }
  } catch (error) {
    outcomes.push({ lost: [], failed: [], hung: [(error as Error).message] })
    tell(fault, outcomes.length, outcomes.at(-1) as Outcome)
  }
  const count = (kind: 'lost' | 'failed' | 'hung') =>
    outcomes.filter((outcome) => outcome[kind].length > 0).length
  const counts = [count('lost'), count('failed'), count('hung')]
  if (counts.some((number) => number > 0) || outcomes.length < rounds) isAllWell = false
  return `| ${fault.name} | ${outcomes.length} | ${counts.join(' | ')} | ${describeTimes(outcomes)} |`
}

function tell({ name }: Fault, round: number, { lost, failed, hung, felt }: Outcome): void {
  const found = Object.entries({ lost, failed, hung }).filter(([, list]) => list.length > 0)
  const words = found.map(([kind, list]) => `${kind}: ${[...new Set(list)].slice(0, 5).join('; ')}`)
  const time = felt === undefined ? '' : ` (${(felt / 1000).toFixed(1)} s)`
  process.stderr.write(`${name}, round ${round}${time}: ${words.join(' — ') || 'all well'}\n`)
}

function describeTimes(outcomes: readonly Outcome[]): string {
  const times = outcomes
    .flatMap(({ felt }) => (felt === undefined ? [] : [felt / 1000]))
    .toSorted((a, b) => a - b)
  if (times.length === 0) return '–'
  return `${times[times.length >> 1]?.toFixed(1)}, ${times.at(-1)?.toFixed(1)}`
}
