import type { DerReader } from '../der/der-reader.ts'
import { constructedTag, primitiveTag } from '../der/der-tags.ts'
import { oids } from '../der/oids.ts'
import { comparableParts } from '../name/comparable-name.ts'

/** A name, or the root of a subtree of names, as constraints compare them. */
export interface ConstrainedName {
  /** `other` stands for the kinds that Postern cannot compare. */
  kind: 'email' | 'dns' | 'uri' | 'directory' | 'ip' | 'other'
  /** Text in lower case, or the relative names of a directory name. */
  parts: readonly string[]
  /** Of an address, followed by its mask where it is the root of a subtree. */
  octets: Uint8Array
}

const textKinds = new Map<number, 'email' | 'dns' | 'uri'>([
  [primitiveTag(1), 'email'],
  [primitiveTag(2), 'dns'],
  [primitiveTag(6), 'uri'],
])
const nothing = new Uint8Array()

/** Takes one GeneralName (RFC 5280, 4.2.1.6). Throws the refusal of the reader. */
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

/** A mailbox in UTF-8 is under the constraints of mailboxes (RFC 9598, 6); its text is not compared, which refuses it. */
function readOtherName(reader: DerReader): ConstrainedName {
  const inner = reader.readConstructed(constructedTag(0))
  const kind = inner.readOid() === oids.smtpUtf8Mailbox ? 'email' : 'other'
  while (!inner.isAtEnd()) inner.readEncoded()
  return { kind, parts: [], octets: nothing }
}

/**
 * Whether `name` lies in the subtree under `root` (RFC 5280, 4.2.1.10). Names of kinds that cannot be
 * compared lie in every subtree of theirs and in none: the caller refuses them.
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
      return isHostIn(hostOf(text), limit)
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
 * Whether some host that a name with a wildcard stands for lies in the subtree under `root`, though the name itself does
 * not: `*.example.com` stands for `secret.example.com` as well.
 */
export function reachesIntoSubtree(name: ConstrainedName, root: ConstrainedName): boolean {
  const [text = '', limit = ''] = [name.parts[0], root.parts[0]]
  return name.kind === 'dns' && text.startsWith('*.') && isInDomain(limit, text.slice(1))
}

/** A root that begins with a period means the hosts of a domain, any other the host itself, and an empty one all. */
const isHostIn = (host: string, root: string) =>
  root === '' ? true : root.startsWith('.') ? isInDomain(host, root) : sameText(host, root)

/** The part before the `@` counts as it is written, the host does not (RFC 5280, 7.5). */
function isMailIn(address: string, root: string): boolean {
  const at = address.lastIndexOf('@')
  const [local, host] = [address.slice(0, Math.max(at, 0)), address.slice(at + 1)]
  const rootAt = root.lastIndexOf('@')
  if (rootAt < 0) return isHostIn(host, root)
  return local === root.slice(0, rootAt) && sameText(host, root.slice(rootAt + 1))
}

/** The host of an absolute URI; empty where it has none, or an address in place of a name. */
export function hostOf(uri: string): string {
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
