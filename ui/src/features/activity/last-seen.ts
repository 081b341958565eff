import type { UsageView } from '../../../../src/contract/usage.ts'

/** Returns when a certificate was last used within the period of `usage`; undefined if it was not. */
export const lastSeen = ({ clientAddresses }: Pick<UsageView, 'clientAddresses'>): string | undefined =>
  clientAddresses
    .map(({ lastAt }) => lastAt)
    .toSorted()
    .at(-1)
