import { setTimeout as wait } from 'node:timers/promises'
import { until } from '../../test/support/certificates.ts'
import { type Fault, noFindings, type Outcome } from './fault.ts'
import { underLoad } from './load.ts'
import { callOnce, isPortalUp, openWorld, type World } from './world.ts'

/** Runs rounds on one Postern, and closes it. */
async function* onWorld(
  rounds: number,
  open: () => Promise<World>,
  round: (world: World) => Promise<Outcome>,
): AsyncGenerator<Outcome> {
  const world = await open()
  try {
    for (let number = 0; number < rounds; number += 1) yield await round(world)
  } finally {
    await world.close()
  }
}

/** Returns a random process of a part. */
function pickProcess({ postern }: World, part: string): number {
  const all = postern.findProcesses(part)
  return all[Math.floor(Math.random() * all.length)] as number
}

/** Waits until another process has replaced `pid`; returns how long that took, milliseconds. */
async function untilReplaced({ postern }: World, part: string, pid: number, count: number): Promise<number> {
  const isReplaced = (all: number[]) => all.length === count && !all.includes(pid)
  return (await until(async () => postern.findProcesses(part), isReplaced, 60)).milliseconds
}

const portalKilled: Fault = {
  name: 'the portal is killed',
  run: (rounds) =>
    onWorld(rounds, openWorld, (world) =>
      underLoad(world, { apiSeconds: 30 }, async () => {
        process.kill(pickProcess(world, 'portal-process'), 'SIGKILL')
        return (await until(() => isPortalUp(world), Boolean, 30)).milliseconds
      }),
    ),
}

const gatewayKilled: Fault = {
  name: 'a gateway is killed; a call that broke is sent once more',
  run: (rounds) =>
    onWorld(rounds, openWorld, (world) =>
      underLoad(world, { retries: 1, callSeconds: 15 }, async () => {
        const pid = pickProcess(world, 'gateway-process')
        process.kill(pid, 'SIGKILL')
        await untilReplaced(world, 'gateway-process', pid, 2)
        return undefined
      }),
    ),
}

const gatewayRestarted: Fault = {
  name: 'a gateway is restarted; no call is sent again',
  run: (rounds) =>
    onWorld(rounds, openWorld, (world) =>
      underLoad(world, { callSeconds: 15 }, async () => {
        const pid = pickProcess(world, 'gateway-process')
        process.kill(pid, 'SIGTERM')
        await untilReplaced(world, 'gateway-process', pid, 2)
        return undefined
      }),
    ),
}

const processHung = (part: string, count: number): Fault => ({
  name: `a process hangs: ${part}`,
  run: (rounds) =>
    onWorld(rounds, openWorld, (world) =>
      underLoad(world, { retries: 1, callSeconds: 20, apiSeconds: 30 }, async () => {
        const pid = pickProcess(world, part)
        process.kill(pid, 'SIGSTOP')
        const began = performance.now()
        await untilReplaced(world, part, pid, count)
        if (part !== 'portal-process') return undefined
        await until(() => isPortalUp(world), Boolean, 30)
        return performance.now() - began
      }),
    ),
})

const secondInstance: Fault = {
  name: 'a second Postern and a reset on one folder',
  run: (rounds) =>
    onWorld(
      rounds,
      () => openWorld({ config: { gateway: { processes: 1 } } }),
      async (world) => {
        const found = noFindings()
        for (const command of [['serve'], ['reset', '--yes']]) {
          const { exitCode, output } = world.place.run(...command)
          if ((await exitCode) !== 1 || !output().includes('postern: error:'))
            found.failed.push(`${command[0]}: ${output()}`)
        }
        const answer = await callOnce(world)
        if (answer !== '200') found.failed.push(`call ${answer}`)
        return found
      },
    ),
}

const everythingKilled: Fault = {
  name: 'everything is killed and started again',
  async *run(rounds) {
    let world = await openWorld()
    try {
      for (let number = 0; number < rounds; number += 1) {
        yield await underLoad(
          world,
          { retries: 0, calls: /^0 /, callSeconds: 60, apiSeconds: 60 },
          async () => {
            const pids = [
              world.postern.processId,
              ...['portal', 'gateway', 'demo-upstream'].flatMap((part) =>
                world.postern.findProcesses(`${part}-process`),
              ),
            ]
            const began = performance.now()
            for (const pid of pids) process.kill(pid, 'SIGKILL')
            await wait(50)
            world = { ...world, postern: await world.place.start() }
            return performance.now() - began
          },
        )
      }
    } finally {
      await world.close()
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
