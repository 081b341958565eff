import type { Config } from './config.ts'

/** Returns whether the processes of a part serve CRLs, OCSP and issuer certificates. */
export const isPublishedBy = (
  { publication: { servedBy } }: Pick<Config, 'publication'>,
  part: 'portal' | 'publication',
): boolean => servedBy === part || servedBy === 'both'
