import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import type { Clock } from '../clock.ts'
import { findCookie, portalCookie } from './session-cookie.ts'

/** How long a device is known after a sign-in. */
const deviceSeconds = 180 * 86_400
/** Maximum number of users that a device is remembered for. */
const maxUsers = 5
const idPattern = /^[\w-]{22}$/
const maxEntries = 20

/**
 * Creates the cookie of a device on which a user has signed in: a random id and, for each user, the expiry
 * and an HMAC over id, email and expiry. It authenticates no user; attempts from such a device are counted
 * separately, so that attempts from other devices do not slow it down.
 */
export function createDeviceCookie(sessionKey: string, portalUrl: string, clock: Clock) {
  const cookie = portalCookie(portalUrl, 'device')
  const markOf = (id: string, email: string, until: number) =>
    createHmac('sha256', sessionKey)
      .update(`device\n${id}\n${email.toLowerCase()}\n${until}`)
      .digest('base64url')
  const read = (headers: Headers): { id: string; entries: Entry[] } | undefined => {
    const [id = '', ...entries] = (findCookie(headers.get('cookie'), cookie.name) ?? '').split('.')
    return idPattern.test(id) ? { id, entries: entries.slice(0, maxEntries).flatMap(parseEntry) } : undefined
  }
  const isMarked = (id: string, email: string, { until, mark }: Entry): boolean =>
    until * 1000 > clock.now() && isEqual(mark, markOf(id, email, until))

  return {
    /** Returns the id of the device of `headers` if the user with this email has signed in on it. */
    find(headers: Headers, email: string): string | undefined {
      const device = read(headers)
      return device?.entries.some((entry) => isMarked(device.id, email, entry)) ? device.id : undefined
    },
    /** Returns the `Set-Cookie` header after the user with this email has signed in. */
    remember(headers: Headers, email: string): string {
      const device = read(headers) ?? { id: randomBytes(16).toString('base64url'), entries: [] }
      const until = Math.floor(clock.now() / 1000) + deviceSeconds
      const others = device.entries.filter((entry) => !isMarked(device.id, email, entry))
      const entries = [{ until, mark: markOf(device.id, email, until) }, ...others].slice(0, maxUsers)
      return cookie.set([device.id, ...entries.map(writeEntry)].join('.'), deviceSeconds)
    },
  }
}

export type DeviceCookie = ReturnType<typeof createDeviceCookie>

interface Entry {
  /** Seconds since 1970. */
  until: number
  mark: string
}

const writeEntry = ({ until, mark }: Entry): string => `${until}~${mark}`

function parseEntry(text: string): Entry[] {
  const [, until, mark] = /^(\d{10,11})~([\w-]{43})$/.exec(text) ?? []
  return until === undefined || mark === undefined ? [] : [{ until: Number(until), mark }]
}

const isEqual = (a: string, b: string): boolean => timingSafeEqual(Buffer.from(a), Buffer.from(b))
