import { setTimeout as wait } from 'node:timers/promises'
import { until } from '../../test/support/certificates.ts'
import { type Fault, noFindings, type Outcome } from './fault.ts'
import { callOnce, type Harness, isPortalUp, openHarness } from './harness.ts'
import { underLoad } from './load.ts'

/** Runs rounds on one Postern, and closes it. */
async function* onHarness(
  rounds: number,
  open: () => Promise<Harness>,
  round: (harness: Harness) => Promise<Outcome>,
): AsyncGenerator<Outcome> {
  const harness = await open()
  try {
    for (let number = 0; number < rounds; number += 1) yield await round(harness)
  } finally {
    await harness.close()
  }
}

/** Returns a random process of a part. */
function pickProcess({ postern }: Harness, part: string): number {
  const all = postern.findProcesses(part)
  return all[Math.floor(Math.random() * all.length)] as number
}

/** Waits until another process has replaced `pid`; returns how long that took, milliseconds. */
async function untilReplaced(
  { postern }: Harness,
  part: string,
  pid: number,
  count: number,
): Promise<number> {
  const isReplaced = (all: number[]) => all.length === count && !all.includes(pid)
  return (await until(async () => postern.findProcesses(part), isReplaced, 60)).milliseconds
}

const portalKilled: Fault = {
  name: 'the portal is killed',
  run: (rounds) =>
    onHarness(rounds, openHarness, (harness) =>
      underLoad(harness, { apiSeconds: 30 }, async () => {
        process.kill(pickProcess(harness, 'portal-process'), 'SIGKILL')
        return (await until(() => isPortalUp(harness), Boolean, 30)).milliseconds
      }),
    ),
}

const gatewayKilled: Fault = {
  name: 'a gateway is killed; a call that broke is sent once more',
  run: (rounds) =>
    onHarness(rounds, openHarness, (harness) =>
      underLoad(harness, { retries: 1, callSeconds: 15 }, async () => {
        const pid = pickProcess(harness, 'gateway-process')
        process.kill(pid, 'SIGKILL')
        await untilReplaced(harness, 'gateway-process', pid, 2)
        return undefined
      }),
    ),
}

const gatewayRestarted: Fault = {
  name: 'a gateway is restarted; no call is sent again',
  run: (rounds) =>
    onHarness(rounds, openHarness, (harness) =>
      underLoad(harness, { callSeconds: 15 }, async () => {
        const pid = pickProcess(harness, 'gateway-process')
        process.kill(pid, 'SIGTERM')
        await untilReplaced(harness, 'gateway-process', pid, 2)
        return undefined
      }),
    ),
}

const processHung = (part: string, count: number): Fault => ({
  name: `a process hangs: ${part}`,
  run: (rounds) =>
    onHarness(rounds, openHarness, (harness) =>
      underLoad(harness, { retries: 1, callSeconds: 20, apiSeconds: 30 }, async () => {
        const pid = pickProcess(harness, part)
        process.kill(pid, 'SIGSTOP')
        const began = performance.now()
        await untilReplaced(harness, part, pid, count)
        if (part !== 'portal-process') return undefined
        await until(() => isPortalUp(harness), Boolean, 30)
        return performance.now() - began
      }),
    ),
})

const secondInstance: Fault = {
  name: 'a second Postern and a reset on one folder',
  run: (rounds) =>
    onHarness(
      rounds,
      () => openHarness({ config: { gateway: { processes: 1 } } }),
      async (harness) => {
        const found = noFindings()
        for (const command of [['serve'], ['reset', '--yes']]) {
          const { exitCode, output } = harness.place.run(...command)
          if ((await exitCode) !== 1 || !output().includes('postern: error:'))
            found.failed.push(`${command[0]}: ${output()}`)
        }
        const answer = await callOnce(harness)
        if (answer !== '200') found.failed.push(`call ${answer}`)
        return found
      },
    ),
}

const everythingKilled: Fault = {
  name: 'everything is killed and started again',
  async *run(rounds) {
    let harness = await openHarness()
    try {
      for (let number = 0; number < rounds; number += 1) {
        yield await underLoad(
          harness,
          { retries: 0, calls: /^0 /, callSeconds: 60, apiSeconds: 60 },
          async () => {
            const pids = [
              harness.postern.processId,
              ...['portal', 'gateway', 'demo-upstream'].flatMap((part) =>
                harness.postern.findProcesses(`${part}-process`),
              ),
            ]
            const began = performance.now()
            for (const pid of pids) process.kill(pid, 'SIGKILL')
            await wait(50)
            harness = { ...harness, postern: await harness.place.start() }
            return performance.now() - began
          },
        )
      }
    } finally {
      await harness.close()
    }
  },
}

/** Faults of processes. */
export const processFaults: Fault[] = [
  portalKilled,
  gatewayKilled,
  gatewayRestarted,
  processHung('gateway-process', 2),
  processHung('portal-process', 1),
  everythingKilled,
  secondInstance,
]
