import type { UsageView } from '../../../../src/contract/usage.ts'

/** When anything was last seen with a certificate, within what `usage` spans; nothing where there was nothing. */
export const lastSeen = ({ addresses }: Pick<UsageView, 'addresses'>): string | undefined =>
  addresses
    .map(({ lastAt }) => lastAt)
    .toSorted()
    .at(-1)
