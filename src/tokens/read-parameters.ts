import { OAuthError } from './oauth-error.ts'

const formType = 'application/x-www-form-urlencoded'

/**
 * The parameters of a request to an OAuth endpoint. One without a value counts as left out, and
 * none may be given twice (RFC 6749, 3.2), nor hold control characters or octets that are no UTF-8. JSON is taken
 * only where `acceptsJson`: its members must be text. Throws `invalid_request`, which names a repeated parameter.
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

/** Names of parameters in lower case, as every standard writes them: a secret that stands in the place of a name has other characters. */
const nameSyntax = /^[a-z_]{1,40}$/

function repeated(name: string): OAuthError {
  const which = nameSyntax.test(name) ? `The parameter ${name}` : 'A parameter'
  return new OAuthError('invalid_request', `${which} is given more than once. Send it once.`)
}

/** The names of members of a JSON object whose members are all text: only a name stands before a colon. */
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
  // RFC 8259, 4: parsers differ in which of two members with one name they take.
  const names = new Set<string>()
  for (const quoted of text.match(memberNames) ?? []) {
    const name: string = JSON.parse(quoted)
    if (names.has(name)) throw repeated(name)
    names.add(name)
  }
  return new Map(entries)
}

/** Controls, halves of surrogate pairs, and what stands for octets that are no UTF-8. */
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
