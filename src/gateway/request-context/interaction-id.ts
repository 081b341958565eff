import { randomUUID } from 'node:crypto'

/** RFC 9562, section 4, in either case. */
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

/**
 * The field that correlates the two sides of a request at client and server (FAPI 1.0, part 1, section
 * 6.2.1).
 */
export const interactionField = 'x-fapi-interaction-id'

/** Returns the interaction ID of a request: the client's if it is a UUID, otherwise a new one. */
export function toInteractionId(sent: string | string[] | undefined): string {
  return typeof sent === 'string' && uuid.test(sent) ? sent : randomUUID()
}
