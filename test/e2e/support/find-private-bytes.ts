import { createPrivateKey } from 'node:crypto'

const privateMembers = ['d', 'p', 'q', 'dp', 'dq', 'qi'] as const
/** Short enough to find a part of a number, long enough that chance finds none; its base64 has no padding. */
const windowOctets = 9

/**
 * Returns each place whose content has a part of the private numbers of a key (PEM): as octets, or in hexadecimal
 * digits, base64 or base64url at any offset, also escaped as in an address.
 */
export function findPrivateBytes(
  pem: string,
  places: readonly { where: string; content: string }[],
): string[] {
  const needles = listNeedles(pem)
  const texts = places.map(({ where, content }) => ({
    where,
    content: [content, content.toLowerCase(), unescaped(content)].join('\n'),
  }))
  return texts
    .filter(
      ({ content }) => /PRIVATE\s?KEY/.test(content) || needles.some((needle) => content.includes(needle)),
    )
    .map(({ where }) => where)
}

function listNeedles(pem: string): string[] {
  const jwk = createPrivateKey(pem).export({ format: 'jwk' })
  const numbers = privateMembers.flatMap((member) =>
    jwk[member] ? [Buffer.from(jwk[member], 'base64url')] : [],
  )
  return numbers.flatMap((number) =>
    Array.from({ length: number.length - windowOctets + 1 }, (_, start) => {
      const part = number.subarray(start, start + windowOctets)
      const encodings = ['hex', 'base64', 'base64url', 'latin1', 'utf8'] as const
      return [...encodings.map((encoding) => part.toString(encoding)), [...part].join(',')]
    }).flat(),
  )
}

function unescaped(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return ''
  }
}
