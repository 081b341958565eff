import type { DerReader } from '../der/der-reader.ts'
import { constructedTag, primitiveTag } from '../der/der-tags.ts'
import { oids } from '../der/oids.ts'
import { comparableParts } from '../name/comparable-name.ts'

/** A name, or the root of a subtree of names, in comparable form. */
export interface ConstrainedName {
  /** `other` stands for the kinds that Postern cannot compare. */
  kind: 'email' | 'dns' | 'uri' | 'directory' | 'ip' | 'other'
  /** Text in lower case, or the relative names of a directory name. */
  parts: readonly string[]
  /** The octets of an address, followed by its mask for the root of a subtree. */
  octets: Uint8Array
}

const textKinds = new Map<number, 'email' | 'dns' | 'uri'>([
  [primitiveTag(1), 'email'],
  [primitiveTag(2), 'dns'],
  [primitiveTag(6), 'uri'],
])
const nothing = new Uint8Array()

/** Reads one GeneralName (RFC 5280, section 4.2.1.6). Throws the error of the reader. */
export function readConstrainedName(reader: DerReader): ConstrainedName {
  const tag = reader.peekTag() ?? 0
  const kind = textKinds.get(tag)
  if (kind !== undefined) {
    const text = new TextDecoder('latin1').decode(reader.readContent(tag))
    return { kind, parts: [text], octets: nothing }
  }
  if (tag === constructedTag(0)) return readOtherName(reader)
  if (tag === primitiveTag(7)) return { kind: 'ip', parts: [], octets: reader.readContent(tag) }
  if (tag === constructedTag(4)) {
    const inner = reader.readConstructed(tag)
    const parts = comparableParts(inner.readEncoded())
    inner.assertEnd()
    return { kind: 'directory', parts, octets: nothing }
  }
  reader.readEncoded()
  return { kind: 'other', parts: [], octets: nothing }
}

/**
 * Reads an other name. A mailbox in UTF-8 is subject to the constraints of mailboxes (RFC 9598, section 6);
 * its text is not compared, so it is rejected.
 */
function readOtherName(reader: DerReader): ConstrainedName {
  const inner = reader.readConstructed(constructedTag(0))
  const kind = inner.readOid() === oids.smtpUtf8Mailbox ? 'email' : 'other'
  while (!inner.isAtEnd()) inner.readEncoded()
  return { kind, parts: [], octets: nothing }
}

/**
 * Returns whether `name` is in the subtree under `root` (RFC 5280, section 4.2.1.10). False for names of
 * incomparable kinds, which the caller rejects.
 */
export function isInSubtree(name: ConstrainedName, root: ConstrainedName): boolean {
  const [text = '', limit = ''] = [name.parts[0], root.parts[0]]
  switch (name.kind) {
    case 'directory':
      return root.parts.every((part, i) => part === name.parts[i])
    case 'dns':
      return isInDomain(text, limit.startsWith('.') ? limit : `.${limit}`) || sameText(text, limit)
    case 'email':
      return isMailIn(text, limit)
    case 'uri':
      return isHostIn(getHost(text), limit)
    case 'ip':
      return isAddressIn(name.octets, root.octets)
    case 'other':
      return false
  }
}

const sameText = (a: string, b: string) => a.toLowerCase() === b.toLowerCase()
const isInDomain = (host: string, domain: string) =>
  domain === '.' || host.toLowerCase().endsWith(domain.toLowerCase())

/**
 * Returns whether a wildcard name includes a host in the subtree under `root`, although the name itself is
 * outside: `*.example.com` includes `secret.example.com`.
 */
export function reachesIntoSubtree(name: ConstrainedName, root: ConstrainedName): boolean {
  const [text = '', limit = ''] = [name.parts[0], root.parts[0]]
  return name.kind === 'dns' && text.startsWith('*.') && isInDomain(limit, text.slice(1))
}

/**
 * Returns whether a host is in a subtree. A root with a leading period means the hosts of a domain, any other
 * the host itself, and an empty one all.
 */
const isHostIn = (host: string, root: string) =>
  root === '' ? true : root.startsWith('.') ? isInDomain(host, root) : sameText(host, root)

/**
 * Returns whether a mailbox is in a subtree. The part before the `@` is case-sensitive, the host is not (RFC
 * 5280, section 7.5).
 */
function isMailIn(address: string, root: string): boolean {
  const at = address.lastIndexOf('@')
  const [local, host] = [address.slice(0, Math.max(at, 0)), address.slice(at + 1)]
  const rootAt = root.lastIndexOf('@')
  if (rootAt < 0) return isHostIn(host, root)
  return local === root.slice(0, rootAt) && sameText(host, root.slice(rootAt + 1))
}

/** Returns the host of an absolute URI; empty if it has none, or an address in place of a name. */
export function getHost(uri: string): string {
  const [, authority = ''] = /^[a-z][a-z0-9+.-]*:\/\/([^/?#]*)/i.exec(uri) ?? []
  const host = authority.replace(/^[^@\\]*@/, '').replace(/:\d*$/, '')
  return /^[\d.]*$|^\[/.test(host) ? '' : host
}

function isAddressIn(address: Uint8Array, root: Uint8Array): boolean {
  return (
    root.length === address.length * 2 &&
    address.every((octet, i) => {
      const mask = root[address.length + i] as number
      return (octet & mask) === ((root[i] as number) & mask)
    })
  )
}
