import { PosternError } from '../../errors.ts'
import type { GatewayEnvironment } from '../environment/gateway-environment.ts'
import type { OpenCall } from './open-calls.ts'

/**
 * Looks once a second whether the client of a call keeps up, and gives why it has to end where it does not.
 * Only time counts in which nothing but the client is waited for: an upstream that reads slowly is not its fault.
 */
export function findTooSlow(call: OpenCall, limits: GatewayEnvironment['limits']): PosternError | undefined {
  if (limits.leastBytesPerSecond === 0) return undefined
  if (isUploadSlow(call, limits))
    return new PosternError(
      'request_too_slow',
      `The body of the request came more slowly than ${limits.leastBytesPerSecond} bytes a second over ${limits.leastBytesSeconds} seconds. The call may have had its effect: check before you repeat it, and send the body at once.`,
    )
  if (isReaderSlow(call, limits))
    return new PosternError('request_too_slow', 'The client takes the answer too slowly.')
  return undefined
}

function isUploadSlow(
  { exchange: { request }, pace, bytesSentOn }: OpenCall,
  { leastBytesPerSecond, leastBytesSeconds }: GatewayEnvironment['limits'],
): boolean {
  if (request.readableFlowing !== true || request.complete || request.destroyed) return false
  pace.uploadSeconds += 1
  if (pace.uploadSeconds > 0 && pace.uploadSeconds < leastBytesSeconds) return false
  const isSlow = pace.uploadSeconds > 0 && bytesSentOn - pace.mark < leastBytesPerSecond * leastBytesSeconds
  pace.uploadSeconds = 0
  pace.mark = bytesSentOn
  return isSlow
}

/** The system takes what is written in large pieces: a client has the time that it would need for all that waits. */
function isReaderSlow(
  { exchange: { response }, heldBytes, pace }: OpenCall,
  { leastBytesPerSecond, leastBytesSeconds }: GatewayEnvironment['limits'],
): boolean {
  // An answer without a socket waits for answers before it on the same connection.
  if (heldBytes === undefined || response.socket === null) return false
  pace.heldSeconds += 1
  return pace.heldSeconds > leastBytesSeconds + heldBytes / leastBytesPerSecond
}
