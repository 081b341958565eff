import type { Actor } from './actor.ts'

/** Who does something, and when: milliseconds since 1970. */
export interface Act {
  actor: Actor
  now: number
}
