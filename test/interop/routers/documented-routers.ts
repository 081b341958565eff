import type { Router } from './open-routers.ts'

/**
 * Frameworks that do not run here, modeled after their documentation of how they read a request target. Each
 * returns the segments that it compares with its routes.
 */
type Reading = (segments: string[]) => string[]

const decodeEach = (segments: string[]) => segments.map((segment) => decodeURIComponent(segment))
const withoutParameters = (segments: string[]) => segments.map((segment) => segment.replace(/;.*$/, ''))
const inLowerCase = (segments: string[]) => segments.map((segment) => segment.toLowerCase())
const withoutExtension = (segments: string[]) =>
  segments.map((segment, i) => (i === segments.length - 1 ? segment.replace(/\.[^.]*$/, '') : segment))
const withoutTrail = (segments: string[]) => segments.map((segment) => segment.replace(/[. ]+$/, ''))

const readings: Record<string, Reading> = {
  // UrlPathHelper: removeSemicolonContent, then urlDecode; suffix patterns and case by setting.
  'Spring, AntPathMatcher': (segments) => decodeEach(withoutParameters(segments)),
  'Spring, decoding first': (segments) => withoutParameters(decodeEach(segments)),
  'Spring with suffix patterns': (segments) => withoutExtension(decodeEach(withoutParameters(segments))),
  'Spring without case': (segments) => inLowerCase(decodeEach(withoutParameters(segments))),
  'Spring, PathPattern': (segments) =>
    withoutParameters(segments).map((segment) => decodeURIComponent(segment)),
  // Routing is case-insensitive; the value is decoded; Windows drops dots and spaces at the end of a name.
  'ASP.NET Core': (segments) => inLowerCase(decodeEach(segments)),
  'ASP.NET on IIS': (segments) => withoutTrail(inLowerCase(decodeEach(segments))),
  'ASP.NET behind a proxy that decodes': (segments) => inLowerCase(decodeEach(decodeEach(segments))),
  'Rails with formats': (segments) => withoutExtension(decodeEach(segments)),
}

export const documentedRouters: readonly Router[] = Object.entries(readings).map(([name, read]) => ({
  name,
  async run(_method, target) {
    const segments = target.split('/').slice(1)
    if (segments.at(-1) === '') segments.pop()
    let seen: string[]
    try {
      seen = read(segments).filter((segment) => segment !== '')
    } catch {
      return undefined
    }
    if (seen[0] !== 'payments') return undefined
    return seen[1] === 'refunds' ? 'refunds' : 'payments'
  },
}))
