import { createHmac, timingSafeEqual } from 'node:crypto'

/**
 * The session token in a Cookie header, if the cookie `name` is there and its signature was made with `secret`:
 * the token, a dot, and its HMAC-SHA-256 in base64, percent-encoded.
 */
export function readSessionToken(header: string | null, name: string, secret: string): string | undefined {
  const start = `${name}=`
  const cookie = header?.split(/; */).find((each) => each.startsWith(start))
  const text = cookie && decode(cookie.slice(start.length))
  if (!text) return undefined
  const dot = text.lastIndexOf('.')
  const token = text.slice(0, dot)
  const given = Buffer.from(text.slice(dot + 1), 'base64')
  const right = createHmac('sha256', secret).update(token).digest()
  return dot > 0 && given.length === right.length && timingSafeEqual(given, right) ? token : undefined
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}
