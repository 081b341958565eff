import { portalCookieName } from '../contract/portal-cookie.ts'
import { PosternError } from '../errors.ts'
import type { ApiKeyHolder } from '../shapes/api-key-holder.ts'
import type { ClientAddress } from './client-address.ts'
import type { Session } from './handler.ts'
import { findKeyOperatorRole } from './key-rights.ts'

interface Dependencies {
  sessions: {
    findUser(headers: Headers, isUse?: boolean): Promise<Session | undefined>
    identifySession(headers: Headers): string | undefined
  }
  apiKeys: {
    find(secret: string, client: ClientAddress | undefined): Promise<ApiKeyHolder>
    identify(secret: string): string | undefined
  }
  portalUrl: string
}

/** Returns the token of an `Authorization` header with the scheme Bearer (RFC 6750, section 2.1). */
export const findBearer = (authorization: string | null | undefined): string | undefined =>
  /^bearer(?:$| +)(.*)$/i.exec(authorization ?? '')?.[1]?.trim()

/** Creates what finds out who makes a request: by the cookie of a session, or by an API key. */
export function createAuthentication({ sessions, apiKeys, portalUrl }: Dependencies) {
  const cookie = `${portalCookieName(portalUrl, 'session_token')}=`
  return {
    /**
     * Returns who makes a request. `client` is left out for a request that was checked when it began. Throws
     * `session_cookie_repeated`, `api_key_with_cookie`, and what the check of API keys throws.
     */
    async find(headers: Headers, client?: ClientAddress): Promise<Session | undefined> {
      const secret = findBearer(headers.get('authorization'))
      if (secret === undefined) return sessions.findUser(headers, client !== undefined)
      if (headers.get('cookie')?.includes(cookie))
        throw new PosternError(
          'api_key_with_cookie',
          'The request has the cookie of a session and an API key. Send one of them.',
        )
      return toSession(await apiKeys.find(secret, client))
    },
    /** Returns a name of the session or of the key, without a query; undefined if it is not known yet. */
    identify(headers: Headers): string | undefined {
      const secret = findBearer(headers.get('authorization'))
      return secret === undefined ? sessions.identifySession(headers) : apiKeys.identify(secret)
    },
  }
}

export type Authentication = ReturnType<typeof createAuthentication>

const toSession = (key: ApiKeyHolder): Session => ({
  userId: key.user?.userId ?? key.id,
  email: key.user?.email ?? key.name,
  name: key.user?.name ?? key.name,
  operatorRole: findKeyOperatorRole(key),
  mustChangePassword: key.user?.mustChangePassword ?? false,
  secondFactor: null,
  secondFactorFor: null,
  signedInBy: null,
  key,
})
