import type { Clock } from '../clock.ts'
import type { KeyLocation } from '../contract/authority.ts'
import type { IssuerStore } from './issuer-store.ts'
import type { RevocationListStore } from './revocation-list-store.ts'

const day = 86_400_000
const warnDays = 30

/** The dependencies of the check of an offline root's CRL. */
export interface RootWatchDependencies {
  issuers: IssuerStore
  lists: RevocationListStore
  findKeyLocation(issuerId: string): Promise<KeyLocation | undefined>
  clock: Clock
}

/** The report about the CRL of an offline root, which is not renewed automatically. */
export interface RootListNews {
  level: 'info' | 'warn' | 'error'
  sentence: string
}

/** Returns how long the CRL of an offline root is still valid; undefined while its key is in the store. */
export async function readRootListNews({
  issuers,
  lists,
  findKeyLocation,
  clock,
}: RootWatchDependencies): Promise<RootListNews | undefined> {
  const root = await issuers.findRoot()
  if (root === undefined || (await findKeyLocation(root.id)) !== 'offline') return undefined
  const { nextUpdate = 0 } = (await lists.find({ issuerId: root.id, partition: null })) ?? {}
  const daysLeft = Math.floor((nextUpdate - clock.now()) / day)
  const until = new Date(nextUpdate).toISOString().slice(0, 10)
  const remedy = 'Bring the key back with postern root import, and take it away with postern root remove.'
  if (daysLeft < 0)
    return {
      level: 'error',
      sentence: `The revocation list of the offline root ended on ${until}. ${remedy}`,
    }
  if (daysLeft < warnDays) {
    const sentence = `The revocation list of the offline root ends on ${until}. ${remedy}`
    return { level: 'warn', sentence }
  }
  return { level: 'info', sentence: `The root is offline; its revocation list holds until ${until}.` }
}
