import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { StorageLocation } from '../src/storage/database.ts'

/** What a process with followers is told. */
export interface FollowerTask {
  storage: StorageLocation
  /** How many followers it has. */
  count: number
  /** Whether they only read the latest version when they are woken. */
  isBare: boolean
  /** Whether the first of them has loaded the whole store; the others know what changes from now on. */
  isLoaded: boolean
}

/** What followers have put in force, with the time of it in milliseconds since 1970. */
export interface SeenChanges {
  /** Versions of the change log. */
  confirmed: [number, number][]
  /** Fingerprints of certificates that are denied. */
  refused: [string, number][]
}

/** Processes with followers of the change log. */
export interface Followers {
  /** Returns what all of them have seen since it was last asked. */
  collect(): Promise<SeenChanges>
  stop(): Promise<void>
}

/** Starts followers in two processes, and waits until they follow. */
export async function startFollowers(
  storage: StorageLocation,
  { count, isBare = false, isLoaded = false }: { count: number; isBare?: boolean; isLoaded?: boolean },
): Promise<Followers> {
  const counts = [Math.ceil(count / 2), Math.floor(count / 2)].filter((one) => one > 0)
  const processes = counts.map((one) => {
    const task: FollowerTask = { storage, count: one, isBare, isLoaded }
    return fork(join(import.meta.dirname, 'scale-follower.ts'), [JSON.stringify(task)])
  })
  await Promise.all(processes.map((one) => receive(one)))
  return {
    async collect() {
      const parts = await Promise.all(
        processes.map((one) => {
          const answer = receive(one)
          one.send('collect')
          return answer as Promise<SeenChanges>
        }),
      )
      return {
        confirmed: parts.flatMap(({ confirmed }) => confirmed),
        refused: parts.flatMap(({ refused }) => refused),
      }
    },
    async stop() {
      const ends = processes.map((one) => once(one, 'exit'))
      for (const one of processes) one.kill()
      await Promise.all(ends)
    },
  }
}

async function receive(child: ChildProcess): Promise<unknown> {
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`a process with followers ended with ${code}`)
  })
  // Of a process that ends later nobody waits.
  ended.catch(() => {})
  const [message] = await Promise.race([once(child, 'message'), ended])
  return message
}
