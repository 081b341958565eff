import { oids } from '../pki/der/oids.ts'
import type { DistinguishedName } from '../pki/name/name.ts'

/** The subject of a CSR. It is not binding: Postern determines the subject of the certificate. */
export interface RequestSubject {
  organizationName: string
  country: string
  state: string
}

/**
 * Returns a subject for `openssl req -subj`: a slash separates attributes, a plus joins them, a backslash
 * escapes the next character.
 */
export function toSubjectOption(subject: RequestSubject, commonName: string): string {
  return attributesOf(subject, commonName)
    .map(([type, value]) => `/${type}=${value.replaceAll(/[\\/+]/g, (character) => `\\${character}`)}`)
    .join('')
}

/**
 * Returns the lines of an OpenSSL configuration for the same subject. In its values a backslash escapes the
 * next character, a dollar sign begins a variable, a number sign a comment, quotes group, and leading and
 * trailing white space is dropped. A question mark is escaped for cmd.exe, whose `echo` answers `/?` with its
 * own help.
 */
export function toConfigLines(subject: RequestSubject, commonName: string): string[] {
  const attributes = attributesOf(subject, commonName).map(
    ([type, value]) => `${type}=${value.replaceAll(/[\\$#"'`;?]/g, (character) => `\\${character}`)}`,
  )
  return [
    '[req]',
    'prompt=no',
    'utf8=yes',
    'string_mask=utf8only',
    'distinguished_name=dn',
    '[dn]',
    ...attributes,
  ]
}

/** Returns the same subject as a name for a CSR that the page makes itself. */
export function toRequestName(subject: RequestSubject, commonName: string): DistinguishedName {
  return attributesOf(subject, commonName).map(([type, value]) => ({ type: attributeOids[type], value }))
}

const attributeOids = {
  C: oids.countryName,
  ST: oids.stateOrProvinceName,
  O: oids.organizationName,
  CN: oids.commonName,
} as const

/** The longest values that OpenSSL accepts in a CSR, in characters (RFC 5280, appendix A.1, upper bounds). */
const longest = { organizationName: 64, state: 128 }

/** Returns whether `text` is too long for a CSR and therefore omitted. */
export const isTooLong = (field: keyof typeof longest, text: string): boolean =>
  [...text].length > longest[field]

function attributesOf(
  { country, state, organizationName }: RequestSubject,
  commonName: string,
): [keyof typeof attributeOids, string][] {
  // A truncated name would be wrong; the CSR is not binding, so it can omit the name.
  const attributes: [keyof typeof attributeOids, string][] = [
    ['C', country],
    ['ST', isTooLong('state', state) ? '' : state],
    ['O', isTooLong('organizationName', organizationName) ? '' : organizationName],
    ['CN', commonName],
  ]
  return attributes.filter(([, value]) => value !== '')
}
