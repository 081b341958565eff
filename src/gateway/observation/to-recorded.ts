import { METHODS } from 'node:http'
import { cutText } from '../../clean-text.ts'
import type { Observation } from './observation.ts'
import { createPathRecorder, type PathPolicy } from './recorded-path.ts'

const maxExplanationLength = 2000
const maxNameLength = 500
const methods: ReadonlySet<string> = new Set(METHODS)
/**
 * The replacement for what a client has invented: an unknown method, or a server name that is not the
 * gateway's.
 */
const other = 'other'

/** What is known of an environment whose requests are recorded. */
export interface RecordedEnvironment extends PathPolicy {
  name: string
  /** Its host names, in lower case. */
  hosts: ReadonlySet<string>
}

/**
 * Reduces an event to what may be recorded: a client may have put a secret or a card number anywhere, so only
 * known values of method, path and server name are kept, and longer texts are truncated.
 */
export function createToRecorded(environments: readonly RecordedEnvironment[]) {
  const paths = new Map(environments.map((one) => [one.name, createPathRecorder(one)]))
  const hosts = new Set(environments.flatMap((one) => [...one.hosts]))

  const toPath = ({ environment, path, method }: Observation): string | null =>
    path === null ? null : (paths.get(environment)?.(path, method ?? '') ?? null)
  const toServerName = (name: string | null): string | null =>
    name === null || hosts.has(name) || hosts.has(name.toLowerCase()) ? name : other

  /** Changes `seen`, which has no other owner. */
  return (seen: Observation): Observation => {
    seen.path = toPath(seen)
    if (seen.method !== null && !methods.has(seen.method)) seen.method = other
    seen.serverName = toServerName(seen.serverName)
    if (seen.explanation !== null) seen.explanation = cutText(seen.explanation, maxExplanationLength)
    return seen
  }
}

/** Returns what is recorded of a certificate; its names may be as long as a handshake. */
export const cutPresentedCertificate = ({
  subject,
  issuer,
  serialNumber,
  fingerprintSha256,
}: NonNullable<Observation['presented']>): NonNullable<Observation['presented']> => ({
  subject: cutText(subject, maxNameLength),
  issuer: cutText(issuer, maxNameLength),
  serialNumber: cutText(serialNumber, 100),
  fingerprintSha256,
})
