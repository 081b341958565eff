/** The subject that a request asks for. It is not binding: Postern decides what the certificate carries. */
export interface RequestSubject {
  organizationName: string
  country: string
  state: string
}

/** A subject for `openssl req -subj`: a slash parts attributes, a plus joins them, a backslash takes the next character as it is. */
export function toSubjectOption(subject: RequestSubject, commonName: string): string {
  return attributesOf(subject, commonName)
    .map(([type, value]) => `/${type}=${value.replaceAll(/[\\/+]/g, (character) => `\\${character}`)}`)
    .join('')
}

/**
 * The lines of an OpenSSL configuration that ask for the same subject. In its values a backslash
 * takes the next character as it is, a dollar sign begins a variable, a number sign a comment,
 * quotes group, and white space at the ends is dropped. A question mark is escaped for the sake of
 * cmd.exe, whose `echo` answers `/?` with its own help.
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

/** The longest values that OpenSSL accepts in a request, in characters (RFC 5280, appendix A.1, upper bounds). */
const longest = { organizationName: 64, state: 128 }

/** Whether `text` is too long for a request and is therefore left out of it. */
export const isTooLong = (field: keyof typeof longest, text: string): boolean =>
  [...text].length > longest[field]

function attributesOf(
  { country, state, organizationName }: RequestSubject,
  commonName: string,
): [string, string][] {
  // A name cut short would be a wrong name; the request is not binding, so it can do without.
  const attributes: [string, string][] = [
    ['C', country],
    ['ST', isTooLong('state', state) ? '' : state],
    ['O', isTooLong('organizationName', organizationName) ? '' : organizationName],
    ['CN', commonName],
  ]
  return attributes.filter(([, value]) => value !== '')
}
