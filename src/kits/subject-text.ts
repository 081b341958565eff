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
 * quotes group, and white space at the ends is dropped.
 */
export function toConfigLines(subject: RequestSubject, commonName: string): string[] {
  const attributes = attributesOf(subject, commonName).map(
    ([type, value]) => `${type}=${value.replaceAll(/[\\$#"'`;]/g, (character) => `\\${character}`)}`,
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

/** The longest organization or state name that a request can ask for (RFC 5280, upper bounds), characters. */
const longest = { O: 64, ST: 128 }

function attributesOf(
  { country, state, organizationName }: RequestSubject,
  commonName: string,
): [string, string][] {
  const attributes: [string, string][] = [
    ['C', country],
    ['ST', cut(state, longest.ST)],
    ['O', cut(organizationName, longest.O)],
    ['CN', commonName],
  ]
  return attributes.filter(([, value]) => value !== '')
}

/** OpenSSL refuses a longer value; the request is not binding, so the beginning is enough. */
const cut = (text: string, most: number) => [...text].slice(0, most).join('').trimEnd()
