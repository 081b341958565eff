import { OAuthError } from './oauth-error.ts'

const formType = 'application/x-www-form-urlencoded'

/**
 * Returns the parameters of a request to an OAuth endpoint. A parameter without a value is treated as absent,
 * none may be repeated (RFC 6749, section 3.2), nor contain control characters or invalid UTF-8. JSON is
 * accepted only if `acceptsJson`: its members must be text. Throws `invalid_request`, which names a repeated
 * parameter.
 */
export function readParameters(
  body: Uint8Array,
  contentType: string | undefined,
  { acceptsJson }: { acceptsJson: boolean },
): ReadonlyMap<string, string> {
  if (body.length === 0) return new Map()
  const type = contentType?.split(';')[0]?.trim().toLowerCase()
  if (acceptsJson && type === 'application/json') return clean(readJson(body))
  if (type !== formType)
    throw new OAuthError('invalid_request', `Send the parameters as ${formType} in the body.`)
  const parameters = new Map<string, string>()
  for (const [name, value] of new URLSearchParams(Buffer.from(body).toString('utf8'))) {
    if (parameters.has(name)) throw repeated(name)
    parameters.set(name, value)
  }
  return clean(parameters)
}

/** Parameter names in lower case, as in every standard: a misplaced secret has other characters. */
const nameSyntax = /^[a-z_]{1,40}$/

function repeated(name: string): OAuthError {
  const which = nameSyntax.test(name) ? `The parameter ${name}` : 'A parameter'
  return new OAuthError('invalid_request', `${which} is given more than once. Send it once.`)
}

/** The member names of a JSON object whose values are all text: only a name stands before a colon. */
const memberNames = /"(?:[^"\\]|\\.)*"(?=\s*:)/g

function readJson(body: Uint8Array): Map<string, string> {
  const text = Buffer.from(body).toString('utf8')
  let content: unknown
  try {
    content = JSON.parse(text)
  } catch {
    content = undefined
  }
  const entries =
    typeof content === 'object' && content !== null && !Array.isArray(content)
      ? Object.entries(content)
      : undefined
  if (!entries?.every((entry): entry is [string, string] => typeof entry[1] === 'string'))
    throw new OAuthError('invalid_request', 'The body must be a JSON object whose members are text.')
  // RFC 8259, section 4: parsers differ in which of two members with one name they use.
  const names = new Set<string>()
  for (const quoted of text.match(memberNames) ?? []) {
    const name: string = JSON.parse(quoted)
    if (names.has(name)) throw repeated(name)
    names.add(name)
  }
  return new Map(entries)
}

/** Controls, halves of surrogate pairs, and the replacement character of invalid UTF-8. */
const unclean = /[\p{Cc}\p{Cs}\ufffd]/u

function clean(parameters: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  const kept = new Map<string, string>()
  for (const [name, value] of parameters) {
    if (unclean.test(name) || unclean.test(value))
      throw new OAuthError(
        'invalid_request',
        'A parameter holds control characters, or octets that are no UTF-8. Send its value as it was given to you.',
      )
    if (value !== '') kept.set(name, value)
  }
  return kept
}
