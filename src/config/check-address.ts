import { isIPv4, isIPv6 } from 'node:net'
import { domainToASCII } from 'node:url'
import { z } from 'zod'
import { line } from '../contract/text.ts'

/** What a URL of the configuration may contain besides scheme, host and port. */
interface UrlRules {
  schemes: readonly ('http' | 'https')[]
  /** Whether it may have a path, to which others are appended. */
  path: boolean
  /** Whether its host may end with a dot, as names do that are resolved without a search list. */
  rootDot: boolean
}

/** RFC 1035, section 2.3.4. */
const maxNameLength = 253
/** Service names contain underscores; a label may be a single digit. */
const label = /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/
/** The URL parser drops or turns these, so that the value in use would be another than the one in the file. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const oddCharacters = /[\s\\\u0000-\u001f\u007f]/

/** Returns the schema of a string for which `find` reports no problem, in the form of `toCanonical`. */
const checked = (find: (text: string) => string | undefined, toCanonical: (text: string) => string) =>
  z
    .string()
    .superRefine((text, context) => {
      const problem = find(text)
      if (problem !== undefined) context.addIssue({ code: 'custom', message: problem, input: text })
    })
    .overwrite(toCanonical)

const urlOf = (rules: UrlRules) => checked((text) => findUrlProblem(text, rules), canonicalUrl)

/** Returns the schema of the portal's URL: its page and its cookies need a whole origin (RFC 6454). */
export const originUrl = () => urlOf({ schemes: ['http', 'https'], path: false, rootDot: false })
/** Returns the schema of an environment's gateway URL: it uses TLS and serves its paths from the root. */
export const secureOriginUrl = () => urlOf({ schemes: ['https'], path: false, rootDot: false })
/**
 * Returns the schema of a URL to which paths are appended (RFC 3986, section 5.2, requires a base without
 * query and fragment).
 */
export const baseUrl = () => urlOf({ schemes: ['http', 'https'], path: true, rootDot: false })
/** Returns the schema of the base URL of a server that Postern connects to. */
export const serverUrl = () => urlOf({ schemes: ['http', 'https'], path: true, rootDot: true })

/**
 * Returns the schema of a name or IP address by which clients reach this server: no wildcard, no port, no
 * trailing dot.
 */
export const publicHost = () => checked((text) => findHostProblem(text, false), canonicalHost)
/** Returns the schema of a name or IP address to listen on, or of a server that Postern connects to. */
export const host = () => checked((text) => findHostProblem(text, true), canonicalHost)

/**
 * One address with an optional display name (RFC 5322, section 3.4); a name with special characters is
 * quoted.
 */
const mailbox = /^(?:(?:"[^"<>]*"|[^"<>@,;:]*)\s*<([^\s<>@,;"]+@[^\s<>@,;"]+)>|([^\s<>@,;"]+@[^\s<>@,;"]+))$/

/** Returns the schema of an email sender. */
export const mailAddress = () =>
  line(320).superRefine((text, context) => {
    const [, named, plain] = mailbox.exec(text) ?? []
    const domain = (named ?? plain)?.split('@')[1]
    if (domain !== undefined && findHostProblem(domain, false) === undefined) return
    const message = 'must be one address, as in Postern <certificates@provider.example>'
    context.addIssue({ code: 'custom', message, input: text })
  })

/**
 * Returns why `text` is not a URL that `rules` allow; undefined if it is one. The message never repeats the
 * text, which may contain a password.
 */
function findUrlProblem(text: string, { schemes, path, rootDot }: UrlRules): string | undefined {
  if (oddCharacters.test(text)) return 'must have no spaces, line ends, control characters or backslashes'
  const scheme = schemes.find((name) => text.toLowerCase().startsWith(`${name}://`))
  if (scheme === undefined) return `must begin with ${schemes.map((name) => `${name}://`).join(' or ')}`
  if (text.includes('#')) return 'must have no fragment (what follows #)'
  if (text.includes('?')) return 'must have no query (what follows ?): paths are added at its end'
  const [authority = '', ...segments] = text.slice(scheme.length + 3).split('/')
  if (authority.includes('@')) return 'must have no user name or password (what stands before @)'
  if (authority === '' || !URL.canParse(text)) return 'has a host or port that is not valid'
  const { hostname, port } = new URL(text)
  if (port === '0') return 'must have a port from 1 to 65535'
  const problem = findHostProblem(hostname.replace(/^\[|\]$/g, ''), rootDot)
  if (problem !== undefined) return `has a host that ${problem}`
  return path ? findPathProblem(segments) : findRootProblem(segments)
}

const findRootProblem = (segments: readonly string[]): string | undefined =>
  segments.some((segment) => segment !== '')
    ? 'must have no path: Postern serves its addresses from the root of a host. Give it a host name of its own'
    : undefined

function findPathProblem(segments: readonly string[]): string | undefined {
  const inner = segments.slice(0, -1)
  if (inner.some((segment) => segment === '')) return 'has a path with an empty segment (//)'
  const isDotted = segments.some((segment) => /^(?:\.|%2e){1,2}$/i.test(segment))
  return isDotted ? 'has a path with . or .. as a segment' : undefined
}

/**
 * Returns the URL with scheme and host in lower case, the name in its ASCII form (RFC 5891), no trailing
 * slash.
 */
function canonicalUrl(text: string): string {
  if (!URL.canParse(text)) return text
  const { protocol, hostname, pathname } = new URL(text)
  // The port stays as it is written: the URL of an environment is compared as text, as the issuer of tokens.
  const [, port = ''] = /^[a-z]+:\/\/[^/]*?(:[0-9]+)?(?:\/|$)/i.exec(text) ?? []
  return `${protocol}//${hostname}${port}${pathname}`.replace(/\/+$/, '')
}

/**
 * Returns why `text` is not a host. `rootDot` says whether the name is resolved on this machine, and may end
 * with the root dot.
 */
function findHostProblem(text: string, rootDot: boolean): string | undefined {
  if (text === '') return 'must not be empty'
  // A zone (RFC 4007, section 11) is meaningful on this machine only.
  if (isIPv4(text) || (isIPv6(text) && (rootDot || !text.includes('%')))) return undefined
  if (/^\[.*\]$/.test(text)) return 'must be an IPv6 address without brackets'
  if (text.includes('*')) return 'must be one name, without *'
  const name = domainToASCII(text)
  if (/[/:@?#%\s]/.test(text) || name === '') return 'must be a host name or IP address alone'
  const bare = name.endsWith('.') ? name.slice(0, -1) : name
  if (bare !== name && !rootDot) return 'must not end with a dot'
  // Some programs read a text that looks like a number as an IPv4 address, others as a name.
  if (isIPv4(bare) || /(?:^|\.)(?:\d+|0x[0-9a-f]*)$/.test(bare)) return 'is not a whole IPv4 address'
  const isName = bare.length <= maxNameLength && bare.split('.').every((part) => label.test(part))
  return isName ? undefined : 'is not a host name: labels have 1 to 63 letters, digits or hyphens'
}

function canonicalHost(text: string): string {
  if (isIPv4(text) || isIPv6(text)) return text.toLowerCase()
  return domainToASCII(text) || text
}
