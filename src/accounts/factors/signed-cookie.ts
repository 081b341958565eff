import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import type { Clock } from '../../clock.ts'
import { findCookie, portalCookie } from '../session-cookie.ts'

/** What every signed cookie contains, so that it works once and for a while. */
export interface Ticket {
  /** 256 random bits in base64url. */
  id: string
  /** Milliseconds since 1970. */
  expiresAt: number
}

/** How long a step of a sign-in may take. */
const ticketSeconds = 300

/** A cookie with signed contents, which only the browser keeps: who asks for it makes no row in the store. */
export interface SignedCookie<T> {
  /** Returns the new ticket and the `Set-Cookie` header that sets it. */
  issue(contents: T): { ticket: Ticket & T; cookie: string }
  /** Returns the contents if this portal has signed them and they have not expired. */
  read(headers: Headers): (Ticket & T) | undefined
  clear(): string
}

/** Creates the signed cookie of this purpose. Throws `session_cookie_repeated` when it reads two. */
export function createSignedCookie<T extends object>(
  purpose: 'challenge' | 'password_step',
  { sessionKey, portalUrl, clock }: { sessionKey: string; portalUrl: string; clock: Clock },
): SignedCookie<T> {
  const cookie = portalCookie(portalUrl, purpose)
  const sign = (text: string) =>
    createHmac('sha256', sessionKey).update(`ticket\n${purpose}\n${text}`).digest()
  return {
    issue(contents) {
      const id = randomBytes(32).toString('base64url')
      const ticket = { ...contents, id, expiresAt: clock.now() + ticketSeconds * 1000 }
      const text = Buffer.from(JSON.stringify(ticket)).toString('base64url')
      return { ticket, cookie: cookie.set(`${text}.${sign(text).toString('base64url')}`, ticketSeconds) }
    },
    read(headers) {
      const [text = '', mark = ''] = (findCookie(headers.get('cookie'), cookie.name) ?? '').split('.')
      const [given, right] = [Buffer.from(mark, 'base64url'), sign(text)]
      if (given.length !== right.length || !timingSafeEqual(given, right)) return undefined
      const ticket = JSON.parse(Buffer.from(text, 'base64url').toString()) as Ticket & T
      return ticket.expiresAt > clock.now() ? ticket : undefined
    },
    clear: () => cookie.clear(),
  }
}
