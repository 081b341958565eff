import { readSettings } from '../config/read-settings.ts'
import { toConfig } from '../config/to-config.ts'
import { PosternError } from '../errors.ts'
import { type EdgeName, edgeLists } from '../gateway/authorizer/render-edge-list.ts'

/**
 * Prints the file of an edge that lists the headers which a client may not send, with those of the configuration.
 * Gives the exit code; throws `not_found` for an edge that there is none of.
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
