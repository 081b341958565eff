import { report } from 'node:process'
import { PosternError } from '../errors.ts'

/** What the portal opens beside the connections of its listeners: store, files, mail, workers. */
const leastReserve = 64
const mostReserve = 512
/** Memory for more is better asked for by name. */
const mostUnasked = 4096

/** How many connections each listener may have open. */
interface Totals {
  portal: number
  publication: number
}

/** What the configuration asks for; null where it leaves the number to us. */
type ListenerSettings = { [Name in keyof Totals]: { connections: { total: number | null } } }

/** How many files and sockets this process may have open at once. */
export function readDescriptorLimit(): number {
  // Else it would ask for the name of every network that there is; the types do not know the property yet.
  Object.assign(report, { excludeNetwork: true })
  const { userLimits } = report.getReport() as { userLimits?: { open_files?: { soft?: unknown } } }
  const soft = userLimits?.open_files?.soft
  return typeof soft === 'number' ? soft : Number.POSITIVE_INFINITY
}

/**
 * Shares the descriptors of the process out, so that neither listener can take what the other, the store or a file
 * needs. Throws `config_invalid` where the settings ask for more than there are.
 */
export function shareDescriptors(config: ListenerSettings, limit: number): Totals {
  const asked = {
    portal: config.portal.connections.total,
    publication: config.publication.connections.total,
  }
  const reserve = Math.min(mostReserve, Math.max(leastReserve, Math.floor(limit / 4)))
  const left = Math.max(0, limit - reserve)
  const free = left - (asked.portal ?? 0) - (asked.publication ?? 0)
  const unasked = [asked.portal, asked.publication].filter((total) => total === null).length
  const share = Math.min(mostUnasked, unasked === 0 ? 0 : Math.floor(free / unasked))
  const leastShare = unasked === 0 ? 0 : 16
  if (free < 0 || share < leastShare)
    throw new PosternError(
      'config_invalid',
      `This process may open ${limit} files and sockets, and ${reserve} of them are kept for the store and files. Lower portal.connections.total and publication.connections.total, or raise the limit (ulimit -n, LimitNOFILE of systemd).`,
    )
  return { portal: asked.portal ?? share, publication: asked.publication ?? share }
}
