import { readSettings } from '../config/read-settings.ts'
import { toConfig } from '../config/to-config.ts'
import { PosternError } from '../errors.ts'
import { type EdgeName, edgeLists } from '../gateway/authorizer/render-edge-list.ts'

/**
 * Prints the configuration file of a reverse proxy with the headers that a client may not send, including the
 * configured ones. Returns the exit code; throws `not_found` for an unknown reverse proxy.
 */
export function printEdgeList(edge: string): number {
  if (!Object.hasOwn(edgeLists, edge)) {
    throw new PosternError(
      'not_found',
      `There is no edge ${edge}. Name one of ${Object.keys(edgeLists).join(', ')}.`,
    )
  }
  const { gateway } = toConfig(readSettings())
  process.stdout.write(edgeLists[edge as EdgeName].render(gateway.reservedHeaders))
  return 0
}
