import { unwatchFile, watchFile } from 'node:fs'
import type { GatewayParts } from './gateway-parts.ts'
import { sweepCalls } from './sweep-calls.ts'
import type { ServerFiles } from './tls-options.ts'
import { hasEnded, hasRetired } from './validity.ts'

const sweepMilliseconds = 1000
const certificatePollMilliseconds = 5000

/**
 * Sees to what time alone changes: certificates that end, or whose issuer retires, while they are connected, tokens that have
 * expired and their revocations, calls under way that may not go on, a server certificate that was replaced. Gives the
 * function that stops it.
 */
export function startSweeping(
  parts: GatewayParts,
  servers: readonly ServerFiles[],
  reload: () => void,
): () => void {
  const { connections, registry, clock } = parts
  const timer = setInterval(() => {
    const now = clock.now()
    connections.cutEnded((presented) => {
      const known = registry.findByFingerprint(presented.fingerprint)
      const certificate = known ?? presented.parsed
      return (
        (certificate !== undefined && hasEnded(certificate, now)) ||
        hasRetired(registry.findIssuer(known?.issuerId ?? ''), now)
      )
    })
    sweepCalls(parts)
    registry.forgetTokens(now)
    parts.tokens.forgetExpired(now)
  }, sweepMilliseconds)
  const onChange = () => {
    try {
      reload()
    } catch {
      // Certificate and key do not fit at this moment: the one in use stays until both have been replaced.
    }
  }
  // Whichever of the two is replaced last.
  const files = new Set(servers.flatMap(({ certificateFile, keyFile }) => [certificateFile, keyFile]))
  for (const file of files) watchFile(file, { interval: certificatePollMilliseconds }, onChange)
  return () => {
    clearInterval(timer)
    for (const file of files) unwatchFile(file, onChange)
  }
}
