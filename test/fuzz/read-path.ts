import { type ParsedCertificate, parseCertificate } from '../../src/pki/certificate/certificate.ts'
import { listParts } from '../../src/pki/der/der-outline.ts'
import { findPath } from '../../src/pki/path/find-path.ts'
import { validatePath } from '../../src/pki/path/validate-path.ts'
import { attempt } from './attempt.ts'

/** More than a peer can send to a gateway. */
const maxCertificates = 12

/**
 * Validates concatenated certificates, the leaf first and the trust anchor last, as if all signatures were
 * valid.
 */
export function readPath(input: Uint8Array): unknown {
  const parsed = listParts(input, 0, input.length, maxCertificates)
    .map(({ from, end }) => attempt(() => parseCertificate(input.subarray(from, end))))
    .filter((each): each is ParsedCertificate => !(each instanceof Error))
  const [leaf, ...others] = parsed
  const anchor = parsed.at(-1)
  if (!leaf || !anchor) return undefined
  const options = { now: Date.UTC(2026, 0, 1), isSignedBy: () => true }
  try {
    return [
      validatePath(parsed.slice(0, -1), anchor, options),
      findPath(leaf, others, [{ parsed: anchor }], options)?.problem,
    ]
  } catch (cause) {
    // A path is valid or has a problem; no content may cause any other error.
    throw new Error('judging a path throws', { cause })
  }
}
