import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import type { Clock } from '../../clock.ts'
import { findCookie, portalCookie } from '../session-cookie.ts'
import type { FlowSecrets } from './provider.ts'

/** How long a user has to sign in at the provider. */
const flowSeconds = 600
const valuePattern = /^(org_[0-9a-z]{26})\.([\w-]{43})\.(\d{10,11})\.([\w-]{43})$/

/**
 * Creates the cookie of a sign-in that has begun: organization, `state`, expiry and an HMAC over them. Nothing is stored;
 * nonce and code verifier come from `state` with a key that only Postern has, so that they never leave it before use.
 */
export function createSignInFlow(sessionKey: string, portalUrl: string, clock: Clock) {
  const cookie = portalCookie(portalUrl, 'single_sign_on')
  const derive = (label: string, text: string) =>
    createHmac('sha256', sessionKey).update(`single-sign-on ${label}\n${text}`).digest('base64url')
  const secretsOf = (organizationId: string, state: string): FlowSecrets => ({
    state,
    nonce: derive('nonce', `${organizationId}\n${state}`),
    codeVerifier: derive('verifier', `${organizationId}\n${state}`),
  })

  return {
    /** Begins a sign-in at the provider of an organization. */
    begin(organizationId: string): { secrets: FlowSecrets; cookie: string } {
      const state = randomBytes(32).toString('base64url')
      const text = `${organizationId}.${state}.${Math.floor(clock.now() / 1000) + flowSeconds}`
      return {
        secrets: secretsOf(organizationId, state),
        cookie: cookie.set(`${text}.${derive('flow', text)}`, flowSeconds),
      }
    },
    /** Returns the sign-in that has begun in this browser, if it has not expired. Throws `session_cookie_repeated`. */
    find(headers: Headers): { organizationId: string; secrets: FlowSecrets } | undefined {
      const value = findCookie(headers.get('cookie'), cookie.name) ?? ''
      const [, organizationId, state, until, mark] = valuePattern.exec(value) ?? []
      if (organizationId === undefined || state === undefined || mark === undefined) return undefined
      const right = derive('flow', `${organizationId}.${state}.${until}`)
      if (!timingSafeEqual(Buffer.from(mark), Buffer.from(right))) return undefined
      if (Number(until) * 1000 <= clock.now()) return undefined
      return { organizationId, secrets: secretsOf(organizationId, state) }
    },
    /** Returns the `Set-Cookie` header that ends it. */
    end: () => cookie.clear(),
  }
}

export type SignInFlow = ReturnType<typeof createSignInFlow>
