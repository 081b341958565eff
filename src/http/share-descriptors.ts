import { report } from 'node:process'
import { PosternError } from '../errors.ts'

/**
 * Descriptors that the portal needs besides the connections of its listeners: store, files, mail, workers.
 */
const minReserve = 64
const maxReserve = 512
/** Maximum without a setting: the memory for more connections has to be requested explicitly. */
const maxUnasked = 4096

/** Maximum number of open connections per listener. */
interface Totals {
  portal: number
  publication: number
}

/** The configured numbers; null lets Postern choose. */
type ListenerSettings = { [Name in keyof Totals]: { connections: { total: number | null } } }

/** Returns how many files and sockets this process may have open at the same time. */
export function readDescriptorLimit(): number {
  // Without this the report resolves the name of every network; the types lack the property.
  Object.assign(report, { excludeNetwork: true })
  const { userLimits } = report.getReport() as { userLimits?: { open_files?: { soft?: unknown } } }
  const soft = userLimits?.open_files?.soft
  return typeof soft === 'number' ? soft : Number.POSITIVE_INFINITY
}

/**
 * Distributes the descriptors of the process, so that neither listener can take those of the other, the store
 * or files. Throws `config_invalid` if the settings exceed the limit.
 */
export function shareDescriptors(config: ListenerSettings, limit: number): Totals {
  const asked = {
    portal: config.portal.connections.total,
    publication: config.publication.connections.total,
  }
  const reserve = Math.min(maxReserve, Math.max(minReserve, Math.floor(limit / 4)))
  const left = Math.max(0, limit - reserve)
  const free = left - (asked.portal ?? 0) - (asked.publication ?? 0)
  const unasked = [asked.portal, asked.publication].filter((total) => total === null).length
  const share = Math.min(maxUnasked, unasked === 0 ? 0 : Math.floor(free / unasked))
  const minShare = unasked === 0 ? 0 : 16
  if (free < 0 || share < minShare)
    throw new PosternError(
      'config_invalid',
      `This process may open ${limit} files and sockets, and ${reserve} of them are kept for the store and files. Lower portal.connections.total and publication.connections.total, or raise the limit (ulimit -n, LimitNOFILE of systemd).`,
    )
  return { portal: asked.portal ?? share, publication: asked.publication ?? share }
}
