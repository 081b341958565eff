import { METHODS } from 'node:http'
import { cutText } from '../../clean-text.ts'
import type { Observation } from './observation.ts'
import { createPathRecorder, type PathPolicy } from './recorded-path.ts'

const mostExplanation = 2000
const mostName = 500
const methods: ReadonlySet<string> = new Set(METHODS)
/** In place of what a client has made up: a method that HTTP does not know, a server name that is not the gateway's. */
const other = 'other'

/** What is known of an environment whose calls are recorded. */
export interface RecordedEnvironment extends PathPolicy {
  name: string
  /** The host names under which it answers, in lower case. */
  hosts: ReadonlySet<string>
}

/**
 * Turns what was seen into what may be recorded: a client may have put a secret or a card number anywhere, so that of
 * method, path and server name only what the gateway itself knows is kept, and of longer texts a bounded part.
 */
export function createToRecorded(environments: readonly RecordedEnvironment[]) {
  const paths = new Map(environments.map((one) => [one.name, createPathRecorder(one)]))
  const hosts = new Set(environments.flatMap((one) => [...one.hosts]))

  const toPath = ({ environment, path, method }: Observation): string | null =>
    path === null ? null : (paths.get(environment)?.(path, method ?? '') ?? null)
  const toServerName = (name: string | null): string | null =>
    name === null || hosts.has(name) || hosts.has(name.toLowerCase()) ? name : other

  /** Changes `seen`, which nobody else has. */
  return (seen: Observation): Observation => {
    seen.path = toPath(seen)
    if (seen.method !== null && !methods.has(seen.method)) seen.method = other
    seen.serverName = toServerName(seen.serverName)
    if (seen.explanation !== null) seen.explanation = cutText(seen.explanation, mostExplanation)
    return seen
  }
}

/** What is recorded of a certificate; its names may be as long as a handshake is. */
export const cutPresented = ({
  subject,
  issuer,
  serialNumber,
  fingerprintSha256,
}: NonNullable<Observation['presented']>): NonNullable<Observation['presented']> => ({
  subject: cutText(subject, mostName),
  issuer: cutText(issuer, mostName),
  serialNumber: cutText(serialNumber, 100),
  fingerprintSha256,
})
