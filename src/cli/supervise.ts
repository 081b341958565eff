import { type ChildProcess, fork } from 'node:child_process'
import { setTimeout as wait } from 'node:timers/promises'

const firstDelayMilliseconds = 50
const longestDelayMilliseconds = 5_000
const steadyMilliseconds = 10_000
const stopMilliseconds = 10_000

/** A part that the supervisor keeps running. */
export interface Part {
  name: string
  arguments: string[]
}

/** A running process tree. */
export interface Supervisor {
  /** Starts a part and waits until it says that it is ready; throws when it ends before. */
  start(part: Part): Promise<void>
  /** Asks every part to finish what it does, and waits for it. */
  stop(): Promise<void>
}

interface Kept {
  part: Part
  child: ChildProcess
  startedAt: number
  delay: number
}

/** Keeps parts running in processes of their own: what dies is started again, sooner or later by how often it dies. */
export function createSupervisor(script: string, log: (line: string) => void): Supervisor {
  const running = new Map<string, Kept>()
  let stopping = false

  const launch = (part: Part, delay: number): Kept => {
    const child = fork(script, part.arguments, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
    const kept = { part, child, startedAt: Date.now(), delay }
    running.set(part.name, kept)
    return kept
  }

  const keep = (kept: Kept): void => {
    kept.child.once('exit', async (code, signal) => {
      if (stopping) return
      const steady = Date.now() - kept.startedAt > steadyMilliseconds
      const delay = steady ? firstDelayMilliseconds : Math.min(kept.delay * 2, longestDelayMilliseconds)
      log(`${kept.part.name} ended (${signal ?? code}); starting it again in ${delay} ms`)
      await wait(delay)
      if (!stopping) keep(launch(kept.part, delay))
    })
  }

  return {
    async start(part) {
      const kept = launch(part, firstDelayMilliseconds)
      await untilReady(kept.child, part.name)
      keep(kept)
    },
    async stop() {
      stopping = true
      await Promise.all([...running.values()].map(({ child }) => end(child)))
    },
  }
}

function untilReady(child: ChildProcess, name: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const onExit = (code: number | null) =>
      reject(new Error(`${name} ended before it was ready (exit code ${code}).`))
    child.once('exit', onExit)
    child.on('message', (message) => {
      if ((message as { ready?: boolean }).ready !== true) return
      child.off('exit', onExit)
      resolve()
    })
  })
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGTERM')
  const late = setTimeout(() => child.kill('SIGKILL'), stopMilliseconds)
  await ended
  clearTimeout(late)
}
