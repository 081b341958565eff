import { readFileSync } from 'node:fs'

/** The unit of CPU time in /proc; the same on every Linux that Node runs on. */
const ticksPerSecond = 100

/** Returns the CPU time that processes and their threads have used so far, in seconds. */
export function cpuSeconds(processIds: readonly number[]): number {
  return processIds.reduce((sum, processId) => {
    const fields = readFileSync(`/proc/${processId}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
    return sum + (Number(fields[11]) + Number(fields[12])) / ticksPerSecond
  }, 0)
}

/** Returns the median of `numbers`. */
export const median = (numbers: readonly number[]): number =>
  numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN

/** Returns the number below which a share of `numbers` is, from 0 to 1. */
export const at = (numbers: readonly number[], share: number): number =>
  numbers.toSorted((a, b) => a - b)[Math.min(numbers.length - 1, Math.floor(numbers.length * share))] ??
  Number.NaN
