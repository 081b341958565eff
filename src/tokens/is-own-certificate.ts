import { isIP, SocketAddress } from 'node:net'
import { isSameName, parseDistinguishedName } from '../pki/name/parse-distinguished-name.ts'
import type { Client } from '../shapes/client.ts'
import type { Peer } from '../shapes/peer.ts'

/** The names of the certificate for each kind of identification (RFC 8705, section 2.1.2). */
const nameTypes: Record<string, string> = {
  san_dns: 'dns',
  san_uri: 'uri',
  san_ip: 'ip',
  san_email: 'email',
}

/** Returns whether exactly one value of the certificate identifies the client (RFC 8705, section 2.1.2). */
export function isOwnCertificate(client: Client | undefined, { organizationId, certificate }: Peer): boolean {
  if (!client?.tlsClientAuth || client.organizationId !== organizationId || !certificate) return false
  const { kind, value } = client.tlsClientAuth
  if (kind === 'subject_dn') {
    const expected = parseDistinguishedName(value)
    return expected !== undefined && isSameName(expected, certificate.subject)
  }
  const type = nameTypes[kind]
  const fold = (name: string) => (type === undefined ? name : foldName(type, name))
  return certificate.subjectAltNames.some((name) => name.type === type && fold(name.value) === fold(value))
}

/**
 * Normalizes a name: host names, also those of email addresses, are compared without regard to case (RFC
 * 4343; RFC 5280, section 7.5); an IP address in one notation.
 */
function foldName(type: string, value: string): string {
  if (type === 'dns') return value.toLowerCase()
  if (type === 'email') return value.replace(/@[^@]*$/, (host) => host.toLowerCase())
  if (type !== 'ip') return value
  const family = isIP(value)
  return family === 0
    ? value
    : new SocketAddress({ address: value, family: `ipv${family}` as 'ipv4' }).address
}
