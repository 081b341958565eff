import { isDeepStrictEqual } from 'node:util'
import type { Config } from './config.ts'

/**
 * Gives `running` the values of `next`, in one step. Everybody who holds the configuration, one of its
 * sections or an environment goes on to hold it, and reads the new values in it; what has not changed keeps
 * its identity. Both have the same environments.
 */
export function replaceConfig(running: Config, next: Config): void {
  const { environments, ...rest } = next
  const own = running.environments
  replaceMembers(running as unknown as Section, { ...rest, environments: own })
  for (const environment of environments) {
    const kept = own.find(({ name }) => name === environment.name)
    if (kept !== undefined) replaceMembers(kept as unknown as Section, environment as unknown as Section)
  }
}

type Section = Record<string, unknown>

function replaceMembers(running: Section, next: Section): void {
  for (const key of Object.keys(running)) if (!Object.hasOwn(next, key)) delete running[key]
  for (const [key, value] of Object.entries(next)) {
    const kept = running[key]
    if (isSection(kept) && isSection(value)) replaceMembers(kept, value)
    else if (!isDeepStrictEqual(kept, value)) running[key] = value
  }
}

const isSection = (value: unknown): value is Section =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
