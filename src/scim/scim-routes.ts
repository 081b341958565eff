import type { Clock } from '../clock.ts'
import type { NamedTags } from '../http/entity-tag.ts'
import type { ScimEndpoint, ScimReply, ScimRequest } from '../http/serve-scim.ts'
import { ScimError } from '../shapes/scim-error.ts'
import { describeService, listResourceTypes, listSchemas, maxResults, toList } from './discovery.ts'
import { maxTextLength, parseFilter } from './path.ts'
import type { ProvisioningStore } from './provisioning-store.ts'
import { readPatch, readPerson } from './read-body.ts'
import {
  type Resource,
  representUser,
  type Selection,
  selectAttributes,
  userSchema,
} from './represent-user.ts'
import type { ScimUser, ScimUserStore } from './scim-user-store.ts'

/** The dependencies of these routes. */
export interface ScimDependencies {
  users: ScimUserStore
  provisioning: ProvisioningStore
  portalUrl: string
  clock: Clock
}

/** Returns the calls of SCIM: users, and what describes the service (RFC 7644, section 3.2). */
export const scimRoutes = (dependencies: ScimDependencies): ScimEndpoint[] => [
  ...describingRoutes(dependencies),
  ...userRoutes(dependencies),
]

const defaultCount = 100
const baseOf = (portalUrl: string, { organization }: ScimRequest) =>
  `${portalUrl}/scim/v2/${organization.slug}`

function describingRoutes({ portalUrl }: ScimDependencies): ScimEndpoint[] {
  const describe = (id: string, path: string, read: (base: string) => Resource): ScimEndpoint => ({
    ...{ id, method: 'GET', path },
    handler: async (request) => {
      // RFC 7644, section 4: a filter would promise what these lists do not have.
      if (request.query.filter !== undefined) throw new ScimError(403, undefined, 'This cannot be filtered.')
      return { status: 200, body: read(baseOf(portalUrl, request)) }
    },
  })
  const one = (path: string, list: (base: string) => Resource[], param: string): ScimEndpoint => ({
    ...{ id: `getScim${path}`, method: 'GET', path: `/${path}/:${param}` },
    handler: async (request) => {
      const found = list(baseOf(portalUrl, request)).find(({ id }) => id === request.params[param])
      if (found === undefined) throw new ScimError(404, undefined, 'There is nothing with this id.')
      return { status: 200, body: found }
    },
  })
  return [
    describe('getScimServiceProviderConfig', '/ServiceProviderConfig', describeService),
    describe('listScimResourceTypes', '/ResourceTypes', (base) => toList(listResourceTypes(base))),
    one('ResourceTypes', listResourceTypes, 'resourceTypeId'),
    describe('listScimSchemas', '/Schemas', (base) => toList(listSchemas(base))),
    one('Schemas', listSchemas, 'schemaId'),
  ]
}

function userRoutes({ users, provisioning, portalUrl, clock }: ScimDependencies): ScimEndpoint[] {
  const represent = (request: ScimRequest, user: ScimUser) => representUser(user, baseOf(portalUrl, request))
  const answer = (request: ScimRequest, status: number, user: ScimUser): ScimReply => {
    const resource = represent(request, user)
    const { version, location } = resource.meta
    const headers = { etag: version, location }
    return { status, body: selectAttributes(resource, readSelection(request)), headers }
  }
  const actOf = ({ actor }: ScimRequest) => ({ actor, now: clock.now() })
  const changeOf = (request: ScimRequest) => ({
    organizationId: request.organization.id,
    id: request.params.userId ?? '',
    assertCurrent: (user: ScimUser) => assertCurrent(request.ifMatch, represent(request, user).meta.version),
  })
  return [
    {
      ...{ id: 'listScimUsers', method: 'GET', path: '/Users' },
      async handler(request) {
        const filter = readOnce(request, 'filter')
        const startIndex = Math.max(1, readNumber(request, 'startIndex') ?? 1)
        const count = Math.min(maxResults, Math.max(0, readNumber(request, 'count') ?? defaultCount))
        const conditions = filter === undefined ? [] : parseFilter(filter)
        const found = await users.list(request.organization.id, conditions, { startIndex, count })
        const selection = readSelection(request)
        const resources = found.users.map((user) => selectAttributes(represent(request, user), selection))
        return { status: 200, body: toList(resources, found.total, startIndex) }
      },
    },
    {
      ...{ id: 'createScimUser', method: 'POST', path: '/Users' },
      async handler(request) {
        const user = await provisioning.create(
          request.organization.id,
          readPerson(request.body),
          actOf(request),
        )
        return answer(request, 201, user)
      },
    },
    {
      ...{ id: 'getScimUser', method: 'GET', path: '/Users/:userId' },
      async handler(request) {
        const user = await users.get(request.organization.id, request.params.userId ?? '')
        const reply = answer(request, 200, user)
        const { ifNoneMatch } = request
        const isKnown =
          ifNoneMatch !== undefined && isNamed(ifNoneMatch, represent(request, user).meta.version)
        return isKnown ? { status: 304, headers: reply.headers ?? {} } : reply
      },
    },
    {
      ...{ id: 'replaceScimUser', method: 'PUT', path: '/Users/:userId' },
      async handler(request) {
        const person = readPerson(request.body)
        return answer(
          request,
          200,
          await provisioning.change(changeOf(request), () => person, actOf(request)),
        )
      },
    },
    {
      ...{ id: 'changeScimUser', method: 'PATCH', path: '/Users/:userId' },
      async handler(request) {
        const change = readPatch(request.body)
        return answer(request, 200, await provisioning.change(changeOf(request), change, actOf(request)))
      },
    },
    {
      ...{ id: 'deleteScimUser', method: 'DELETE', path: '/Users/:userId' },
      async handler(request) {
        await provisioning.delete(changeOf(request), actOf(request))
        return { status: 204 }
      },
    },
  ]
}

/** Versions are weak, and compared weakly: `meta` is no part of them (RFC 7644, section 3.14). */
const isNamed = ({ any, strong, weak }: NamedTags, version: string): boolean => {
  const opaque = version.replace(/^W\//, '')
  return any || strong.includes(opaque) || weak.includes(opaque)
}

function assertCurrent(ifMatch: NamedTags | undefined, version: string): void {
  if (ifMatch === undefined || isNamed(ifMatch, version)) return
  throw new ScimError(
    412,
    undefined,
    'The user was changed after you read it, so nothing was done. Read it again, and send its new version in If-Match.',
  )
}

/** Returns a parameter of the query; which of several would count is never a guess. Throws a `ScimError`. */
function readOnce({ query }: ScimRequest, name: string): string | undefined {
  const value = query[name]
  if (value === undefined || typeof value === 'string') return value
  throw new ScimError(400, 'invalidValue', `Send ${name} once.`)
}

function readNumber(request: ScimRequest, name: string): number | undefined {
  const text = readOnce(request, name)
  if (text === undefined) return undefined
  if (/^-?\d{1,9}$/.test(text)) return Number(text)
  throw new ScimError(400, 'invalidValue', `${name} must be a whole number.`)
}

function readSelection(request: ScimRequest): Selection {
  const read = (name: string) => {
    const text = readOnce(request, name)
    if (text !== undefined && text.length > maxTextLength)
      throw new ScimError(400, 'invalidValue', `${name} is too long.`)
    return text?.split(',').map((one) => one.trim().toLowerCase().replace(`${userSchema.toLowerCase()}:`, ''))
  }
  return { attributes: read('attributes'), excludedAttributes: read('excludedAttributes') }
}
