import type { Clock } from '../clock.ts'
import type { ApiKeyRotation, ApiKeyWithSecret, NewApiKey, NewOwnApiKey } from '../contract/api-key.ts'
import type { MemberRole } from '../contract/roles.ts'
import { PosternError } from '../errors.ts'
import type { Handlers, Session } from '../http/handler.ts'
import { otherSignInNeeded } from '../http/provider-session.ts'
import { assertNetwork } from '../network-range.ts'
import type { Actor } from '../shapes/actor.ts'
import { createApiKeySecret } from './api-key-secret.ts'
import type { ApiKeyOwner, ApiKeyStore } from './api-key-store.ts'

/** The dependencies of these routes. */
export interface ApiKeyDependencies {
  apiKeys: ApiKeyStore
  organizations: {
    findBySlug(slug: string): Promise<{ id: string } | undefined>
    findRole(organizationId: string, userId: string): Promise<MemberRole | undefined>
  }
  clock: Clock
}

type Ids = `${'create' | 'get' | 'rotate' | 'delete'}${'' | 'Own'}ApiKey` | `list${'' | 'Own'}ApiKeys`

/** What a request brings to a change of a key. */
interface Asked {
  actor: Actor
  keepSecrets?(secrets: Record<string, unknown>): void
}

const day = 86_400_000

/** Returns the handlers for API keys of organizations and users. */
export function apiKeyRoutes(dependencies: ApiKeyDependencies): Pick<Handlers, Ids> {
  const { apiKeys, clock } = dependencies
  const ofUser = ({ userId, signedInBy }: Session): ApiKeyOwner => ({ userId, signedInBy })
  const ofOrganization = ({ id }: { id: string }): ApiKeyOwner => ({ organizationId: id })

  const create = async (
    { actor, keepSecrets }: Asked,
    owner: ApiKeyOwner,
    { expiresInDays, ...input }: NewApiKey | NewOwnApiKey,
    limitedTo: string | null = null,
  ): Promise<ApiKeyWithSecret> => {
    for (const network of input.networks ?? []) assertNetwork(network)
    const secret = createApiKeySecret()
    keepSecrets?.({ secret: secret.text })
    const now = clock.now()
    const scopes = input.scopes && [...new Set(input.scopes)]
    const draft = { ...input, scopes, limitedTo, secret, expiresAt: now + expiresInDays * day }
    return { ...(await apiKeys.insert(owner, draft, { actor, now })), secret: secret.text }
  }
  const rotate = async (
    { actor, keepSecrets }: Asked,
    owner: ApiKeyOwner,
    id: string,
    { overlapSeconds, expiresInDays }: ApiKeyRotation,
  ): Promise<ApiKeyWithSecret> => {
    const secret = createApiKeySecret()
    keepSecrets?.({ secret: secret.text })
    const now = clock.now()
    const change = { secret, overlapMs: overlapSeconds * 1000, expiresAt: now + expiresInDays * day }
    return { ...(await apiKeys.rotate(owner, id, change, { actor, now })), secret: secret.text }
  }
  const remove = async (actor: Actor, owner: ApiKeyOwner, id: string): Promise<undefined> => {
    await apiKeys.delete(owner, id, { actor, now: clock.now() })
    return undefined
  }

  return {
    createApiKey: (request) => create(request, ofOrganization(request.organization), request.body),
    listApiKeys: ({ organization, query }) => apiKeys.list(ofOrganization(organization), query),
    getApiKey: ({ organization, params }) => apiKeys.get(ofOrganization(organization), params.apiKeyId),
    rotateApiKey: (request) =>
      rotate(request, ofOrganization(request.organization), request.params.apiKeyId, request.body),
    deleteApiKey: ({ actor, organization, params }) =>
      remove(actor, ofOrganization(organization), params.apiKeyId),
    async createOwnApiKey(request) {
      const limitedTo = await findLimit(dependencies, request.session, request.body)
      return create(request, ofUser(request.session), request.body, limitedTo)
    },
    listOwnApiKeys: ({ session, query }) => apiKeys.list(ofUser(session), query),
    getOwnApiKey: ({ session, params }) => apiKeys.get(ofUser(session), params.apiKeyId),
    rotateOwnApiKey: (request) =>
      rotate(request, ofUser(request.session), request.params.apiKeyId, request.body),
    deleteOwnApiKey: ({ actor, session, params }) => remove(actor, ofUser(session), params.apiKeyId),
  }
}

/**
 * Returns the organization to which the key of a user is to be limited. Throws `not_found` for one that the user does
 * not belong to, `forbidden` for a platform role that the user does not have, and `other_sign_in_needed` for a key that
 * would reach beyond the session.
 */
async function findLimit(
  { organizations }: ApiKeyDependencies,
  { userId, operatorRole, signedInBy }: Session,
  { role, organization: slug }: NewOwnApiKey,
): Promise<string | null> {
  const isBeyond = role === 'operator' ? operatorRole !== 'operator' : role === 'auditor' && !operatorRole
  if (isBeyond) throw new PosternError('forbidden', `You do not have the role ${role}. Choose another one.`)
  if (slug === null) {
    if (signedInBy !== null) throw otherSignInNeeded('Limit the key to this organization')
    return null
  }
  const organization = await organizations.findBySlug(slug)
  const own = organization && (await organizations.findRole(organization.id, userId))
  if (organization === undefined || own === undefined)
    throw new PosternError('not_found', 'There is no such organization, or you do not belong to it.')
  if (signedInBy !== null && signedInBy !== organization.id)
    throw otherSignInNeeded('A key of it opens this organization alone')
  return organization.id
}
