import { setTimeout as wait } from 'node:timers/promises'
import { PosternError } from '../errors.ts'
import { createServing } from './count-serving.ts'
import type { ListeningSockets } from './hold-listening-sockets.ts'
import { type Ending, launchPart, type Run } from './launch-part.ts'

const longestDelayMilliseconds = 5_000
/** EX_CONFIG of sysexits.h: a part ends with it where it cannot run until an operator has changed something. */
const needsOperator = 78
/** How often a part may end in the same way before anything in the tree has been ready. */
const mostFirstFailures = 5

/** A part that the supervisor keeps running. */
export interface Part {
  name: string
  arguments: string[]
  /** Options of Node for its process, beside those that this one was started with. */
  nodeOptions?: readonly string[] | undefined
  /** Without an answer for so long it hangs, and is killed. */
  hangMilliseconds: number
  /**
   * Where it takes connections from, as the one of this index among those that do. It is replaced as soon as it stops,
   * while it lets calls finish.
   */
  listens?: { sockets: ListeningSockets; index: number } | undefined
}

/** A running process tree. */
export interface Supervisor {
  /**
   * Starts parts side by side and waits until each is ready. A part that ends before is tried again. Throws
   * `config_invalid` where a part needs an operator (exit code 78), and `unavailable` where nothing in the tree has ever
   * been ready and a part has ended in one and the same way 5 times.
   */
  start(parts: readonly Part[]): Promise<void>
  /** Asks the parts to finish what they do and waits for it: what was started last ends first. */
  stop(): Promise<void>
}

/** What a supervisor is told. */
export interface SupervisorOptions {
  log: (sentence: string) => void
  /** What a part may take to stop; then it is killed. */
  stopMilliseconds: number
  /** How often a part is asked whether it answers. */
  heartbeatMilliseconds?: number
  /** The pause after the end of a part that had been ready; each further pause is twice as long as the one before. */
  firstDelayMilliseconds?: number
  /** For how long connections wait while no process is there that accepts them. */
  unservedMilliseconds?: number
}

/**
 * Keeps parts running in processes of their own. What dies is started again: at once where it had been
 * ready, more and more slowly where it does not get that far. What hangs is killed and started again.
 */
export function createSupervisor(script: string, options: SupervisorOptions): Supervisor {
  const { log, stopMilliseconds, heartbeatMilliseconds = 1000 } = options
  const { firstDelayMilliseconds = 50, unservedMilliseconds = 30_000 } = options
  const stopping = new AbortController()
  const groups: (readonly Part[])[] = []
  const running = new Map<Part, Set<Run>>()
  const serving = createServing(unservedMilliseconds, (sockets) => {
    log(
      `No process has taken connections for ${unservedMilliseconds / 1000} s. They are refused until one is ready.`,
    )
    sockets.release()
    // They have inherited the ports, and begin again without.
    for (const [part, runs] of running)
      for (const run of runs) if (part.listens?.sockets === sockets && !run.isReady()) run.kill('SIGKILL')
  })
  let wasAnythingReady = false

  const launch = (part: Part): Run => {
    const { name, hangMilliseconds, listens } = part
    const run = launchPart(
      {
        ...{ script, arguments: part.arguments, nodeOptions: part.nodeOptions ?? [] },
        sockets: listens?.sockets.list(listens.index) ?? [],
        heartbeat: { intervalMilliseconds: heartbeatMilliseconds, hangMilliseconds },
      },
      () => log(`The ${name} has not answered for ${hangMilliseconds / 1000} s and is killed.`),
    )
    const runs = running.get(part) ?? new Set()
    running.set(part, runs.add(run))
    void run.ended.then(() => runs.delete(run))
    if (listens !== undefined) serving.follow(listens.sockets, run)
    return run
  }

  /** Starts a part and waits until it is ready, or has ended, or cannot be started. */
  const attempt = async (part: Part): Promise<Run | Ending> => {
    try {
      const run = launch(part)
      return (await Promise.race([run.ready, run.ended])) ?? run
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException
      return { how: code ?? message, exitCode: undefined, wasReady: false }
    }
  }

  const pause = async (part: Part, { how }: Ending, milliseconds: number): Promise<void> => {
    log(`The ${part.name} ended (${how}) and is started again in ${milliseconds} ms.`)
    await wait(milliseconds, undefined, { signal: stopping.signal }).catch(() => {})
  }

  /** Starts a part until it is ready; nothing where the tree is to stop. */
  const bringUp = async (part: Part, onEnded: (ending: Ending) => void): Promise<Run | undefined> => {
    for (let delay = firstDelayMilliseconds * 2; ; delay = Math.min(delay * 2, longestDelayMilliseconds)) {
      const outcome = await attempt(part)
      if (!('how' in outcome)) return outcome
      if (stopping.signal.aborted) return undefined
      onEnded(outcome)
      await pause(part, outcome, delay)
      if (stopping.signal.aborted) return undefined
    }
  }

  const keep = async (part: Part, first: Run): Promise<void> => {
    for (let run: Run | undefined = first; run !== undefined; run = await bringUp(part, () => {})) {
      const { ended } = run
      const ending = await (part.listens === undefined ? ended : Promise.race([ended, run.stopping]))
      if (stopping.signal.aborted) return
      if (ending === undefined) log(`The ${part.name} stops and is replaced.`)
      else await pause(part, ending, firstDelayMilliseconds)
      if (stopping.signal.aborted) return
    }
  }

  const begin = async (part: Part): Promise<void> => {
    const judge = createJudge(part)
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
    async stop() {
      stopping.abort()
      serving.stop()
      // Those that still accept take what waits, and close the ports as the last that have them.
      for (const part of running.keys()) part.listens?.sockets.release()
      for (const group of groups.toReversed()) {
        const runs = group.flatMap((part) => [...(running.get(part) ?? [])])
        await Promise.all(runs.map((run) => end(run, stopMilliseconds)))
      }
    },
  }
}

/** Gives what throws where it makes no sense to try a part again that has never been ready. */
function createJudge({ name }: Part) {
  let last: string | undefined
  let times = 0

  return ({ how, exitCode }: Ending, wasAnythingReady: boolean): void => {
    if (exitCode === needsOperator)
      throw new PosternError('config_invalid', `The ${name} cannot start before the error above is mended.`)
    times = how === last ? times + 1 : 1
    last = how
    if (wasAnythingReady || times < mostFirstFailures) return
    throw new PosternError(
      'unavailable',
      `The ${name} ended ${times} times before it was ready (${how}) and is not started again. Mend what it printed above, then start Postern again.`,
    )
  }
}

async function end(run: Run, stopMilliseconds: number): Promise<void> {
  run.kill('SIGTERM')
  const late = setTimeout(() => run.kill('SIGKILL'), stopMilliseconds)
  await run.ended
  clearTimeout(late)
}
