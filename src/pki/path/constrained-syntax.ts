import { type ConstrainedName, getHost } from './general-subtree.ts'

const label = '[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?'
const domain = new RegExp(`^(?:${label}\\.)*${label}$`, 'i')
/** Text that URI parsers read as an IPv4 address, completely or in its last part. */
const numeric = /(?:^|\.)(?:\d+|0x[0-9a-f]*)$/i
/** Without quotes: two spellings of one mailbox would not compare as equal. */
const localPart = /^[a-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}$/i
const mappedPrefix = [...Array<number>(10).fill(0), 0xff, 0xff]

const isDomain = (text: string) => text.length <= 253 && domain.test(text) && !numeric.test(text)

/**
 * Returns whether a name of a certificate can be compared with a constraint of its kind: a host name without
 * a trailing period, a mailbox without quotes, a URI with such a host, an address that is not disguised as
 * another. Any other name could be read both as inside and as outside of a subtree.
 */
export function isComparableName({ kind, parts: [text = ''], octets }: ConstrainedName): boolean {
  switch (kind) {
    case 'dns':
      return isDomain(text.replace(/^\*\./, ''))
    case 'email':
      return isMailbox(text)
    case 'uri':
      return isDomain(getHost(text))
    case 'ip':
      return (
        octets.length === 4 ||
        (octets.length === 16 && !mappedPrefix.every((octet, i) => octets[i] === octet))
      )
    default:
      return kind === 'directory'
  }
}

/**
 * Returns whether the root of a subtree can be applied (RFC 5280, section 4.2.1.10): an empty text stands for
 * all names, a leading period for the subdomains of a domain; a mask is contiguous.
 */
export function isValidConstraint({ kind, parts: [text = ''], octets }: ConstrainedName): boolean {
  switch (kind) {
    case 'dns':
    case 'uri':
      return text === '' || isDomain(text.replace(/^\./, ''))
    case 'email':
      return text === '' || (text.includes('@') ? isMailbox(text) : isDomain(text.replace(/^\./, '')))
    case 'ip':
      return (octets.length === 8 || octets.length === 32) && isMask(octets.subarray(octets.length / 2))
    default:
      return kind === 'directory'
  }
}

function isMailbox(text: string): boolean {
  const at = text.lastIndexOf('@')
  return localPart.test(text.slice(0, Math.max(at, 0))) && isDomain(text.slice(at + 1))
}

/** Returns whether the octets are ones followed by zeros. */
function isMask(octets: Uint8Array): boolean {
  const bits = [...octets].map((octet) => octet.toString(2).padStart(8, '0')).join('')
  return /^1*0*$/.test(bits)
}
