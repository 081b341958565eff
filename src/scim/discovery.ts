import { memberRoles } from '../contract/roles.ts'
import { type Resource, userSchema } from './represent-user.ts'

const schemaOf = (name: string) => `urn:ietf:params:scim:schemas:core:2.0:${name}`
const listSchema = 'urn:ietf:params:scim:api:messages:2.0:ListResponse'

/** Users of one answer at most. */
export const maxResults = 200

/** Returns a list as it is sent (RFC 7644, section 3.4.2). */
export const toList = (
  resources: readonly Resource[],
  totalResults = resources.length,
  startIndex = 1,
): Resource => ({
  schemas: [listSchema],
  totalResults,
  startIndex,
  itemsPerPage: resources.length,
  Resources: resources,
})

/** Returns what this provider of the service can do (RFC 7643, section 5). */
export const describeService = (base: string): Resource => ({
  schemas: [schemaOf('ServiceProviderConfig')],
  patch: { supported: true },
  bulk: { supported: false, maxOperations: 0, maxPayloadSize: 0 },
  filter: { supported: true, maxResults },
  changePassword: { supported: false },
  sort: { supported: false },
  etag: { supported: true },
  authenticationSchemes: [
    {
      type: 'oauthbearertoken',
      name: 'API key',
      description: 'An API key of the organization with the role provisioner, as a bearer token (RFC 6750).',
      primary: true,
    },
  ],
  meta: { resourceType: 'ServiceProviderConfig', location: `${base}/ServiceProviderConfig` },
})

/** Returns the kinds of resources (RFC 7643, section 6): users alone. Roles come with users, since there are no groups. */
export const listResourceTypes = (base: string): Resource[] => [
  {
    schemas: [schemaOf('ResourceType')],
    id: 'User',
    name: 'User',
    endpoint: '/Users',
    description: 'Users of the organization. There are no groups: the attribute roles gives the role.',
    schema: userSchema,
    schemaExtensions: [],
    meta: { resourceType: 'ResourceType', location: `${base}/ResourceTypes/User` },
  },
]

const attribute = (name: string, description: string, more: Resource = {}): Resource => ({
  ...{ name, type: 'string', multiValued: false, description, required: false, caseExact: false },
  ...{ mutability: 'readWrite', returned: 'default', uniqueness: 'none', ...more },
})

const flag = { type: 'boolean' }

/** Returns the attributes of a user that are kept (RFC 7643, section 7). */
export const listSchemas = (base: string): Resource[] => [
  {
    schemas: [schemaOf('Schema')],
    id: userSchema,
    name: 'User',
    description: 'A user of the organization.',
    attributes: [
      attribute('userName', 'The name at the identity provider.', { required: true, uniqueness: 'server' }),
      attribute('name', 'The parts of the name.', {
        type: 'complex',
        subAttributes: [
          attribute('formatted', 'The full name.'),
          attribute('familyName', 'The family name.'),
          attribute('givenName', 'The given name.'),
        ],
      }),
      attribute('displayName', 'The name that others see.'),
      attribute('active', 'Whether the user is a member of the organization.', flag),
      attribute('emails', 'One address, in a domain that the organization has proven.', {
        type: 'complex',
        multiValued: true,
        subAttributes: [
          attribute('value', 'The email address.'),
          attribute('type', 'Always work.', { canonicalValues: ['work'] }),
          attribute('primary', 'Always true.', flag),
        ],
      }),
      attribute(
        'roles',
        'The role in the organization; of several the highest counts, and without one it is viewer.',
        {
          type: 'complex',
          multiValued: true,
          subAttributes: [
            attribute('value', 'The role.', { canonicalValues: [...memberRoles] }),
            attribute('primary', 'Whether it is the one that counts.', flag),
          ],
        },
      ),
    ],
    meta: { resourceType: 'Schema', location: `${base}/Schemas/${userSchema}` },
  },
]
