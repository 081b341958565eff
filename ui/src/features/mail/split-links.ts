const address = /https?:\/\/[^\s<>"]+/g
const trailing = /[.,;:!?)\]]+$/

/** A part of an email's text; `path` if it is a URL of this portal. */
export interface TextPart {
  text: string
  path?: string
}

/**
 * Splits the text of an email at the URLs of `origin`. URLs of other sites remain text: an email in this
 * mailbox must not lead an operator anywhere else.
 */
export function splitLinks(text: string, origin: string): TextPart[] {
  const parts: TextPart[] = []
  let end = 0
  for (const match of text.matchAll(address)) {
    const found = match[0].replace(trailing, '')
    const path = toPath(found, origin)
    if (path === undefined) continue
    if (match.index > end) parts.push({ text: text.slice(end, match.index) })
    parts.push({ text: found, path })
    end = match.index + found.length
  }
  if (end < text.length) parts.push({ text: text.slice(end) })
  return parts
}

function toPath(found: string, origin: string): string | undefined {
  if (!URL.canParse(found)) return undefined
  const url = new URL(found)
  return url.origin === origin && url.username === '' ? `${url.pathname}${url.search}${url.hash}` : undefined
}
