import { expect } from 'vitest'

/** How much longer than promised a step may take on a machine with many times more work than cores. */
const room = 5

/** Prints how long a step took beside what is promised, and fails where it took many times longer; milliseconds. */
export function expectWithin(step: string, promised: number, took: number): void {
  process.stdout.write(`${step}: ${took.toFixed(0)} ms (promised: ${promised} ms)\n`)
  expect(took, step).toBeLessThan(promised * room)
}
