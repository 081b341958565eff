import type { Deprecation } from '../contract/operation.ts'

/**
 * Returns the headers with which every answer of a deprecated operation says since when it is deprecated (RFC 9745, a
 * date of structured fields) and when it stops answering (RFC 8594, an HTTP date).
 */
export function toDeprecationHeaders(deprecation: Deprecation | undefined): Record<string, string> {
  if (deprecation === undefined) return {}
  const { since, sunset } = deprecation
  return {
    deprecation: `@${Date.parse(since) / 1000}`,
    ...(sunset === undefined ? {} : { sunset: new Date(sunset).toUTCString() }),
  }
}
