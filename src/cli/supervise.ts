import { type ChildProcess, fork } from 'node:child_process'
import { setTimeout as wait } from 'node:timers/promises'
import { PosternError } from '../errors.ts'

const firstDelayMilliseconds = 50
const longestDelayMilliseconds = 5_000

/** A part that the supervisor keeps running. */
export interface Part {
  name: string
  arguments: string[]
  /** Options of Node for its process, beside those that this one was started with. */
  nodeOptions?: readonly string[] | undefined
}

/** A running process tree. */
export interface Supervisor {
  /** Starts parts side by side and waits until each says that it is ready; throws `unavailable` when one ends before. */
  start(parts: readonly Part[]): Promise<void>
  /** Asks the parts to finish what they do and waits for it: what was started last ends first. */
  stop(): Promise<void>
}

/** A process of a part. */
interface Run {
  child: ChildProcess
  ready: Promise<void>
  /** Says how it ended, and whether it had been ready. */
  ended: Promise<{ how: string; wasReady: boolean }>
}

/**
 * Keeps parts running in processes of their own. What dies is started again: at once where it had been
 * ready, more and more slowly where it does not get that far. One that does not stop within
 * `stopMilliseconds` is killed.
 */
export function createSupervisor(
  script: string,
  { log, stopMilliseconds }: { log: (sentence: string) => void; stopMilliseconds: number },
): Supervisor {
  const stopping = new AbortController()
  const groups: string[][] = []
  const running = new Map<string, Run>()

  const launch = (part: Part): Run => {
    const run = runPart(script, part)
    running.set(part.name, run)
    return run
  }

  const keep = async (part: Part, first: Run): Promise<void> => {
    let delay = firstDelayMilliseconds
    for (let run = first; ; run = launch(part)) {
      const { how, wasReady } = await run.ended
      if (stopping.signal.aborted) return
      delay = wasReady ? firstDelayMilliseconds : Math.min(delay * 2, longestDelayMilliseconds)
      log(`The ${part.name} ended (${how}) and is started again in ${delay} ms.`)
      await wait(delay, undefined, { signal: stopping.signal }).catch(() => {})
      if (stopping.signal.aborted) return
    }
  }

  const begin = async (part: Part): Promise<void> => {
    const run = launch(part)
    const failed = await Promise.race([run.ready, run.ended])
    if (failed !== undefined) {
      throw new PosternError('unavailable', `The ${part.name} ended before it was ready (${failed.how}).`)
    }
    void keep(part, run)
  }

  return {
    async start(parts) {
      if (stopping.signal.aborted) return
      groups.push(parts.map(({ name }) => name))
      await Promise.all(parts.map(begin))
    },
    async stop() {
      stopping.abort()
      for (const group of groups.toReversed()) {
        await Promise.all(group.map((name) => end(running.get(name), stopMilliseconds)))
      }
    },
  }
}

function runPart(script: string, part: Part): Run {
  const child = fork(script, part.arguments, {
    execArgv: [...(part.nodeOptions ?? []), ...process.execArgv],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  let wasReady = false
  const ready = new Promise<void>((resolve) => {
    child.on('message', (message) => {
      if ((message as { ready?: boolean }).ready !== true) return
      wasReady = true
      resolve()
    })
  })
  const ended = new Promise<{ how: string; wasReady: boolean }>((resolve) => {
    child.once('exit', (code, signal) => resolve({ how: signal ?? `exit code ${code}`, wasReady }))
    child.on('error', (error: NodeJS.ErrnoException) => {
      // No process was made, so none will exit: the machine is short of memory or processes.
      if (child.pid === undefined) resolve({ how: error.code ?? error.message, wasReady })
    })
  })
  return { child, ready, ended }
}

async function end(run: Run | undefined, stopMilliseconds: number): Promise<void> {
  if (run === undefined) return
  run.child.kill('SIGTERM')
  const late = setTimeout(() => run.child.kill('SIGKILL'), stopMilliseconds)
  await run.ended
  clearTimeout(late)
}
