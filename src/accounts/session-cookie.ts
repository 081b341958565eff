import { createHmac, timingSafeEqual } from 'node:crypto'
import { portalCookieName } from '../contract/portal-cookie.ts'
import { PosternError } from '../errors.ts'

/** A cookie of the portal: for this host only, and not accessible to scripts. */
export interface PortalCookie {
  name: string
  /** Returns the `Set-Cookie` header that sets it for `seconds`. */
  set(value: string, seconds: number): string
  /** Returns the `Set-Cookie` header that deletes it. */
  clear(): string
}

/** Returns the cookie of this purpose; it is sent only over https if the portal is behind https. */
export function portalCookie(
  portalUrl: string,
  purpose: Parameters<typeof portalCookieName>[1],
): PortalCookie {
  const name = portalCookieName(portalUrl, purpose)
  const attributes = `Path=/; HttpOnly; SameSite=Lax${portalUrl.startsWith('https:') ? '; Secure' : ''}`
  return {
    name,
    set: (value, seconds) => `${name}=${value}; Max-Age=${seconds}; ${attributes}`,
    clear: () => `${name}=; Max-Age=0; ${attributes}`,
  }
}

/**
 * Returns the value of the cookie `name` in a Cookie header. Throws `session_cookie_repeated` if there are
 * two: one of them is not ours, and the order does not show which.
 */
export function findCookie(header: string | null, name: string): string | undefined {
  const values = (header ?? '').split(';').flatMap((part) => {
    const [given = '', ...rest] = part.split('=')
    return given.trim() === name ? [rest.join('=').trim()] : []
  })
  if (values.length < 2) return values[0]
  throw new PosternError(
    'session_cookie_repeated',
    `The request carries the cookie ${name} more than once. Delete the cookies of this site in the browser, then sign in again.`,
  )
}

/**
 * Returns the value of a session cookie: the token, a dot and its HMAC-SHA-256 in base64, percent-encoded.
 */
export const signSessionToken = (token: string, secret: string): string =>
  encodeURIComponent(`${token}.${createHmac('sha256', secret).update(token).digest('base64')}`)

/**
 * Returns the session token in a Cookie header if the cookie `name` exists and its signature was made with
 * `secret`. Throws `session_cookie_repeated`.
 */
export function readSessionToken(header: string | null, name: string, secret: string): string | undefined {
  const text = decode(findCookie(header, name) ?? '')
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
