import { PosternError } from '../../errors.ts'
import type { GatewayEnvironment } from '../environment/gateway-environment.ts'
import type { OpenCall } from './open-calls.ts'

/**
 * Checks once per second whether the client of a request is fast enough, and returns the error if it is not.
 * Only time in which the client alone is waited for is counted: a slow upstream is not the client's fault.
 */
export function findTooSlow(call: OpenCall, limits: GatewayEnvironment['limits']): PosternError | undefined {
  if (limits.minBytesPerSecond === 0) return undefined
  if (isUploadSlow(call, limits))
    return new PosternError(
      'request_too_slow',
      `The body of the request came more slowly than ${limits.minBytesPerSecond} bytes a second over ${limits.minBytesWindowSeconds} seconds. The call may have had its effect: check before you repeat it, and send the body at once.`,
    )
  if (isReaderSlow(call, limits))
    return new PosternError('request_too_slow', 'The client takes the answer too slowly.')
  return undefined
}

function isUploadSlow(
  { context: { request }, pace, bytesSentOn }: OpenCall,
  { minBytesPerSecond, minBytesWindowSeconds: minBytesSeconds }: GatewayEnvironment['limits'],
): boolean {
  if (request.readableFlowing !== true || request.complete || request.destroyed) return false
  pace.uploadSeconds += 1
  if (pace.uploadSeconds > 0 && pace.uploadSeconds < minBytesSeconds) return false
  const isSlow = pace.uploadSeconds > 0 && bytesSentOn - pace.mark < minBytesPerSecond * minBytesSeconds
  pace.uploadSeconds = 0
  pace.mark = bytesSentOn
  return isSlow
}

/**
 * Returns whether a client reads too slowly. The system sends written data in large pieces, so it has the
 * time that all waiting bytes need.
 */
function isReaderSlow(
  { context: { response }, heldBytes, pace }: OpenCall,
  { minBytesPerSecond, minBytesWindowSeconds: minBytesSeconds }: GatewayEnvironment['limits'],
): boolean {
  // A response without a socket waits for earlier responses on the same connection.
  if (heldBytes === undefined || response.socket === null) return false
  pace.heldSeconds += 1
  return pace.heldSeconds > minBytesSeconds + heldBytes / minBytesPerSecond
}
