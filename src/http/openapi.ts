import type { Operation } from '../contract/operation.ts'
import { operations } from '../contract/operations.ts'
import { portalCookieName } from '../contract/portal-cookie.ts'
import { release } from '../release.ts'
import { describeOperation } from './describe-operation.ts'
import type { Json } from './describe-schema.ts'

/** The descriptions of the tags. */
const tags: Record<string, string> = {
  session: 'Sign-in and sign-out',
  account: 'The own account and its sessions',
  links: 'One-time links from emails and from the command line',
  operators: 'Who works for the provider',
  'sign-in-methods': 'The second factors of the signed-in user',
  passkeys: 'Passkeys of the signed-in user',
  totp: 'The authenticator app of the signed-in user',
  'recovery-codes': 'Recovery codes of the signed-in user',
  'security-policies': 'What organizations demand of the sign-in of their members',
  'single-sign-on': 'Sign-in through the OpenID provider of an organization',
  organizations: 'The customers of the provider',
  members: 'The users of an organization and their roles',
  invitations: 'Invitations to an organization by email',
  environments: 'Environments: the gateway, the issuance mode and the rules for keys',
  'api-keys': 'API keys for programs that use this API',
  'calendar-feeds': 'Calendar feeds of expiry dates',
  credentials: 'API credentials: OAuth client IDs and client secrets',
  certificates: 'Client certificates, from draft to revocation',
  rotations: 'Old certificates beside their replacements, and when the old ones can go',
  registrations: 'Certificates from external CAs, until possession of their key is proven',
  activity: 'Gateway events: connections, token requests and calls',
  usage: 'Calls over time',
  denials: 'Denied requests and their causes',
  'enforcement-policies': 'Whether clients of an organization need a certificate, and which are ready',
  migrations: 'Plans by which organizations leave certificates from external CAs',
  gateways: 'Gateway processes',
  approvals: 'Certificate requests that wait for the decision of an operator',
  'bulk-revocations': 'Many certificates at once',
  confirmations: 'Acts of operators that need a second person',
  'certificate-authorities': 'Root CAs, issuing CAs and trusted external CAs',
  users: 'The users of Postern, as operators find them',
  audit: 'The audit log and the proof that it is intact',
  webhooks: 'Endpoints of an organization that get its events, and their deliveries',
  emails: 'The built-in mailbox',
  notifications: 'What people of an organization are told, and why',
  signals: 'What may be forgotten: unused certificates, old secrets, calls from new addresses',
  platform: 'Postern as a whole',
}

/** Tags of operations whose path names a part of the resource. */
const tagByPart: Record<string, string> = {
  'address-monitoring': 'signals',
  sessions: 'account',
  erasure: 'users',
  'certificate-authority-use': 'certificate-authorities',
  'certificate-use': 'certificates',
  'credential-use': 'credentials',
  'enforcement-policy': 'enforcement-policies',
  'external-sources': 'migrations',
  membership: 'members',
  migration: 'migrations',
  'organization-use': 'organizations',
  'security-policy': 'security-policies',
  'overdue-rotations': 'rotations',
  retire: 'rotations',
  rotation: 'rotations',
  'notification-settings': 'notifications',
  'own-subscription': 'notifications',
  'trusted-issuers': 'certificate-authorities',
}

/** Returns the OpenAPI 3.1 document of the API, generated from the operations that the server runs. */
export function toOpenApi(portalUrl: string): Json {
  const schemas: Json = {}
  const paths: Record<string, Json> = {}
  for (const operation of Object.values<Operation>(operations)) {
    const path = operation.path.replaceAll(/:([a-zA-Z]+)/g, '{$1}')
    const described = describeOperation(operation, tagOf(operation), schemas)
    paths[path] = { ...paths[path], [operation.method.toLowerCase()]: described }
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Postern',
      version: release,
      license: { name: 'MIT', identifier: 'MIT' },
      contact: { name: 'The operators of this portal', url: portalUrl },
      description: about,
    },
    servers: [{ url: `${portalUrl}/api/v1` }],
    tags: Object.entries(tags).map(([name, description]) => ({ name, description })),
    paths,
    components: {
      schemas,
      securitySchemes: {
        session: {
          type: 'apiKey',
          in: 'cookie',
          name: portalCookieName(portalUrl, 'session_token'),
          description:
            'The cookie that `signIn` sets. The description of each operation says which role the user needs.',
        },
        apiKey: {
          type: 'http',
          scheme: 'bearer',
          bearerFormat: 'pst_…',
          description:
            'An API key. The description of each operation says which role and which scope it needs.',
        },
      },
    },
  }
}

const about = `Client certificates, API credentials and what the gateway saw of them.

Errors are RFC 9457 problem details with a stable \`code\`. Every list of values in an answer may grow, and an answer may get further members: clients must ignore what they do not know.

\`x-stability\` says what a client may rely on: \`stable\` operations change only by additions, \`preview\` operations may change with any release. A deprecated operation says so in the headers Deprecation (RFC 9745) and Sunset (RFC 8594) of its answers.`

/** Returns the tag of an operation: the last fixed part of its path that names a resource. */
function tagOf({ path }: Operation): string {
  const named = path.split('/').map((part) => tagByPart[part] ?? part)
  return named.findLast((part) => part in tags) as string
}
