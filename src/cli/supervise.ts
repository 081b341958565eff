import { setTimeout as wait } from 'node:timers/promises'
import { PosternError } from '../errors.ts'
import type { ProcessRole } from '../monitoring/judge-host.ts'
import type { ListeningSocket, ListeningSockets } from './bind-listening-sockets.ts'
import { createServing } from './count-serving.ts'
import { type Ending, launchProcess, type Run } from './launch-process.ts'

const maxDelayMs = 5_000
/** EX_CONFIG of sysexits.h: a part ends with it if it cannot run until an operator has changed something. */
const needsOperator = 78
/** How often a part may end in the same way before any part of the tree has been ready. */
const maxFirstFailures = 5

/** A part that the supervisor keeps running. */
export interface ProcessPlan {
  name: string
  arguments: string[]
  /** What balancers send work to it as; undefined for a part that no balancer knows. */
  role?: ProcessRole | undefined
  /** Node options of its process, in addition to those of this process. */
  nodeOptions?: readonly string[] | undefined
  /** A part that does not respond for this long hangs, and is killed. */
  hangMs: number
  /**
   * The sockets that it accepts from, as the process of this index. It is replaced as soon as it stops, while
   * it finishes its calls.
   */
  listens?: { sockets: ListeningSockets; index: number } | undefined
  /** Sockets of a part that is not replaced while it stops: its clients wait for the next process. */
  inherits?: readonly ListeningSocket[] | undefined
}

/** A part, and its process that is not stopping; undefined between two processes. */
export interface SupervisedProcess {
  name: string
  role: ProcessRole | undefined
  run: Run | undefined
}

/** A running process tree. */
export interface Supervisor {
  /**
   * Starts parts concurrently and waits until each is ready. A part that ends before is restarted. Throws
   * `config_invalid` if a part needs an operator (exit code 78), and `unavailable` if no part has ever been
   * ready and one has ended in the same way 5 times.
   */
  start(parts: readonly ProcessPlan[]): Promise<void>
  /** Returns the parts that were started. */
  list(): SupervisedProcess[]
  /** Tells the parts to read the configuration again. */
  reload(): void
  /** Tells the parts that they will be stopped; they go on. */
  drain(): void
  /** Asks the parts to finish their work and waits for it: the last started ends first. */
  stop(): Promise<void>
}

/** The options of a supervisor. */
export interface SupervisorOptions {
  log: (sentence: string) => void
  /** Time limit for a part to stop; then it is killed. */
  stopMs: number
  /** The interval of heartbeats. */
  heartbeatMs?: number
  /** The pause after the end of a part that had been ready; each further pause is twice as long. */
  firstDelayMs?: number
  /** How long connections wait while no process accepts them. */
  unservedMs?: number
}

/**
 * Creates a supervisor that keeps parts running in separate processes. A part that ends is restarted:
 * immediately if it had been ready, with growing delays otherwise. A part that hangs is killed and restarted.
 */
export function createSupervisor(script: string, options: SupervisorOptions): Supervisor {
  const { log, stopMs, heartbeatMs = 1000 } = options
  const { firstDelayMs = 50, unservedMs = 30_000 } = options
  const stopping = new AbortController()
  const groups: (readonly ProcessPlan[])[] = []
  const running = new Map<ProcessPlan, Set<Run>>()
  const serving = createServing(unservedMs, (sockets) => {
    log(`No process has taken connections for ${unservedMs / 1000} s. They are closed until one is ready.`)
    sockets.release()
    // They have inherited the ports, and start again without them.
    for (const [part, runs] of running)
      for (const run of runs) if (part.listens?.sockets === sockets && !run.isReady()) run.kill('SIGKILL')
  })
  let wasAnythingReady = false
  let isDraining = false

  const reload = (): void => {
    for (const runs of running.values()) for (const run of runs) run.reload()
  }
  const launch = (part: ProcessPlan): Run => {
    const { name, hangMs, listens } = part
    const run = launchProcess(
      {
        ...{ script, arguments: part.arguments, nodeOptions: part.nodeOptions ?? [] },
        sockets: listens?.sockets.list(listens.index) ?? part.inherits ?? [],
        heartbeat: { intervalMs: heartbeatMs, hangMs },
        onReload: reload,
      },
      () => log(`The ${name} has not answered for ${hangMs / 1000} s and is killed.`),
    )
    const runs = running.get(part) ?? new Set()
    running.set(part, runs.add(run))
    void run.ended.then(() => runs.delete(run))
    void run.ready.then(() => isDraining && run.drain())
    if (listens !== undefined && !listens.sockets.outliveRelease) serving.follow(listens.sockets, run)
    return run
  }

  /** Starts a part and waits until it is ready, or has ended, or cannot be started. */
  const attempt = async (part: ProcessPlan): Promise<Run | Ending> => {
    try {
      const run = launch(part)
      return (await Promise.race([run.ready, run.ended])) ?? run
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException
      return { how: code ?? message, exitCode: undefined, wasReady: false }
    }
  }

  const pause = async (part: ProcessPlan, { how }: Ending, milliseconds: number): Promise<void> => {
    log(`The ${part.name} ended (${how}) and is started again in ${milliseconds} ms.`)
    await wait(milliseconds, undefined, { signal: stopping.signal }).catch(() => {})
  }

  /** Starts a part until it is ready; returns undefined if the tree is to stop. */
  const bringUp = async (part: ProcessPlan, onEnded: (ending: Ending) => void): Promise<Run | undefined> => {
    for (let delay = firstDelayMs * 2; ; delay = Math.min(delay * 2, maxDelayMs)) {
      const outcome = await attempt(part)
      if (!('how' in outcome)) return outcome
      if (stopping.signal.aborted) return undefined
      onEnded(outcome)
      await pause(part, outcome, delay)
      if (stopping.signal.aborted) return undefined
    }
  }

  const keep = async (part: ProcessPlan, first: Run): Promise<void> => {
    for (let run: Run | undefined = first; run !== undefined; run = await bringUp(part, () => {})) {
      const { ended } = run
      const ending = await (part.listens === undefined ? ended : Promise.race([ended, run.stopping]))
      if (stopping.signal.aborted) return
      if (ending === undefined) log(`The ${part.name} stops and is replaced.`)
      else await pause(part, ending, firstDelayMs)
      if (stopping.signal.aborted) return
    }
  }

  const begin = async (part: ProcessPlan): Promise<void> => {
    const judge = createRestartPolicy(part)
    const run = await bringUp(part, (ending) => judge(ending, wasAnythingReady))
    if (run === undefined) throw new PosternError('unavailable', `The ${part.name} was told to stop.`)
    wasAnythingReady = true
    void keep(part, run)
  }

  return {
    async start(parts) {
      if (stopping.signal.aborted) return
      groups.push(parts)
      await Promise.all(parts.map(begin))
    },
    list: () =>
      groups.flat().map((part) => {
        const runs = [...(running.get(part) ?? [])]
        return { name: part.name, role: part.role, run: runs.find((run) => !run.isStopping()) }
      }),
    reload,
    drain() {
      isDraining = true
      for (const runs of running.values()) for (const run of runs) if (run.isReady()) run.drain()
    },
    async stop() {
      stopping.abort()
      serving.stop()
      // Those that still accept take the waiting connections, and close the ports as their last holders.
      for (const part of running.keys()) part.listens?.sockets.release()
      for (const group of groups.toReversed()) {
        const runs = group.flatMap((part) => [...(running.get(part) ?? [])])
        await Promise.all(runs.map((run) => end(run, stopMs)))
      }
    },
  }
}

/** Returns a function that throws if a restart of a part that has never been ready is pointless. */
function createRestartPolicy({ name }: ProcessPlan) {
  let last: string | undefined
  let times = 0

  return ({ how, exitCode }: Ending, wasAnythingReady: boolean): void => {
    if (exitCode === needsOperator)
      throw new PosternError('config_invalid', `The ${name} cannot start before the error above is mended.`)
    times = how === last ? times + 1 : 1
    last = how
    if (wasAnythingReady || times < maxFirstFailures) return
    throw new PosternError(
      'unavailable',
      `The ${name} ended ${times} times before it was ready (${how}) and is not started again. Mend what it printed above, then start Postern again.`,
    )
  }
}

async function end(run: Run, stopMs: number): Promise<void> {
  run.kill('SIGTERM')
  const late = setTimeout(() => run.kill('SIGKILL'), stopMs)
  await run.ended
  clearTimeout(late)
}
