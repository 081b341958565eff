import { parseIpAddress } from './ip-address.ts'
import { parseDistinguishedName } from './parse-distinguished-name.ts'

/** The kinds of certificate values by which RFC 8705, section 2.1.2, identifies a client. */
export type ClientNameKind = 'subject_dn' | 'san_dns' | 'san_uri' | 'san_ip' | 'san_email'

/**
 * Returns why no certificate can have `value` as its value of that kind, as a sentence with the correct form;
 * undefined for a possible value.
 */
export const findClientNameProblem = (kind: ClientNameKind, value: string): string | undefined =>
  isPossible[kind](value) ? undefined : advice[kind]

const advice: Record<ClientNameKind, string> = {
  subject_dn:
    'The subject is not a distinguished name. Write it as RFC 4514 does, the last attribute first, for example CN=acme-0001,O=Acme Ltd,C=GB; openssl x509 -noout -subject -nameopt RFC2253 prints it so.',
  san_dns:
    'The DNS name is not one that a certificate can have. Write a host name in ASCII without scheme, port and dot at the end, for example client.example.com; international names begin with xn--.',
  san_uri:
    'The URI is not one that a certificate can have. Write an absolute URI with its scheme, in ASCII and percent-encoded, for example urn:postern:production:acme:acme-0001 or https://client.example.com/.',
  san_ip:
    'The IP address is not one that a certificate can have. Write one IPv4 or IPv6 address without length, port, zone and brackets, for example 192.0.2.7 or 2001:db8::7.',
  san_email:
    'The email address is not one that a certificate can have. Write an address in ASCII without name and angle brackets, for example robot@example.com.',
}

const isPossible: Record<ClientNameKind, (value: string) => boolean> = {
  subject_dn: isSubject,
  // RFC 6125, section 6.4.3: a certificate may have a wildcard as its first label.
  san_dns: (value) => isHostName(value.replace(/^\*\./, '')),
  san_uri: isUri,
  san_ip: (value) => parseIpAddress(value.replace(mappedIpv4, '::ffff:0:0')) !== undefined,
  san_email: isMailbox,
}

/** RFC 4291, section 2.2: the last 32 bits of an IPv6 address may be written as IPv4. */
const mappedIpv4 = /^::ffff:(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/i

function isSubject(value: string): boolean {
  const name = parseDistinguishedName(value)
  return name !== undefined && name.length > 0 && name.every((attribute) => attribute.value !== '')
}

/**
 * Returns whether the value is a host name (RFC 1034, section 3.5, with the digits of RFC 1123, section 2.1);
 * underscores occur in certificates. The last label is not a number.
 */
function isHostName(value: string): boolean {
  const labels = value.split('.')
  const isLabel = (label: string) => /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/i.test(label)
  return value.length <= 253 && labels.every(isLabel) && !/^\d+$/.test(labels.at(-1) ?? '')
}

/**
 * Returns whether the value is a URI (RFC 3986, section 3, and RFC 5280, section 4.2.1.6): a scheme and a
 * rest; an authority has a host name or an address.
 */
function isUri(value: string): boolean {
  if (!/^[a-z][a-z0-9+.-]*:(?:[a-z0-9\-._~:/?#[\]@!$&'()*+,;=]|%[0-9a-f]{2})+$/i.test(value)) return false
  const [, authority] = /^[^:]+:\/\/([^/?#]*)/.exec(value) ?? []
  if (authority === undefined) return true
  const host = authority.replace(/^[^@]*@/, '').replace(/:\d*$/, '')
  const [, inBrackets] = /^\[(.*)\]$/.exec(host) ?? []
  if (inBrackets !== undefined) return inBrackets.includes(':') && isPossible.san_ip(inBrackets)
  return isHostName(host) || parseIpAddress(host) !== undefined
}

/**
 * Returns whether the value is a mailbox (RFC 5321, section 4.1.2, as required by RFC 5280, section 4.2.1.6):
 * a local part and a domain.
 */
function isMailbox(value: string): boolean {
  const at = value.lastIndexOf('@')
  const [local, domain] = [value.slice(0, Math.max(at, 0)), value.slice(at + 1)]
  const isLocal =
    /^[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*$|^"(?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\[\x20-\x7e])+"$/i
  return local.length <= 64 && isLocal.test(local) && isHostName(domain)
}
