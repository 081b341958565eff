import type { UsageBucket } from '../../../../src/contract/usage.ts'

/** The status classes of requests, from the bottom of a bar to its top. */
export const usageClasses = [
  { key: 'succeeded', label: 'Answered' },
  { key: 'redirects', label: 'Redirected' },
  { key: 'clientErrors', label: 'Client errors (4xx)' },
  { key: 'serverErrors', label: 'Server errors (5xx)' },
  { key: 'denied', label: 'Denied' },
] as const

/** Returns the total of each class over all buckets. */
export function sumUsage(
  buckets: readonly UsageBucket[],
): Record<(typeof usageClasses)[number]['key'], number> {
  const sums = { succeeded: 0, redirects: 0, clientErrors: 0, serverErrors: 0, denied: 0 }
  for (const bucket of buckets) for (const { key } of usageClasses) sums[key] += bucket[key]
  return sums
}

/** Returns the token requests and calls of a bucket that were answered, without denied ones. */
export const getCalls = ({ succeeded, redirects, clientErrors, serverErrors }: UsageBucket): number =>
  succeeded + redirects + clientErrors + serverErrors

/** Returns everything in a bucket, including denied requests. */
export const getTotal = (bucket: UsageBucket): number =>
  usageClasses.reduce((sum, { key }) => sum + bucket[key], 0)
