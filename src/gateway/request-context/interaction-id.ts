import { randomUUID } from 'node:crypto'

/** RFC 9562, 4, in either case. */
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

/** The name of the field by which client and server find the two sides of a call (FAPI 1.0, part 1, 6.2.1). */
export const interactionField = 'x-fapi-interaction-id'

/** The interaction id of a call: the one that the client sent if it is a UUID, or else a new one. */
export function toInteractionId(sent: string | string[] | undefined): string {
  return typeof sent === 'string' && uuid.test(sent) ? sent : randomUUID()
}
