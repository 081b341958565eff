import { approvalOperations } from './approval-operations.ts'
import { auditOperations } from './audit-operations.ts'
import { authorityOperations } from './authority-operations.ts'
import { bulkRevocationOperations } from './bulk-revocation-operations.ts'
import { certificateOperations } from './certificate-operations.ts'
import { credentialOperations } from './credential-operations.ts'
import { enforcementOperations } from './enforcement-operations.ts'
import { mailOperations } from './mail-operations.ts'
import { migrationOperations } from './migration-operations.ts'
import { notificationOperations } from './notification-operations.ts'
import type { Operation } from './operation.ts'
import { organizationOperations } from './organization-operations.ts'
import { registrationOperations } from './registration-operations.ts'
import { rotationOperations } from './rotation-operations.ts'
import { signalOperations } from './signal-operations.ts'
import { telemetryOperations } from './telemetry-operations.ts'
import { webhookOperations } from './webhook-operations.ts'

const { listOrganizations, getOrganization, getEnvironment, listEnvironments } = organizationOperations

/**
 * The operations that API keys may call, by resource. What is not among them needs a session: sign-in, passwords, the
 * own account, members, API keys, and the state of an organization.
 */
const resources = {
  organizations: [{ listOrganizations, getOrganization, getEnvironment, listEnvironments }],
  certificates: [certificateOperations, registrationOperations, rotationOperations],
  credentials: [credentialOperations],
  activity: [telemetryOperations],
  enforcement: [enforcementOperations, migrationOperations],
  approvals: [approvalOperations],
  revocations: [bulkRevocationOperations],
  authorities: [authorityOperations],
  audit: [auditOperations],
  emails: [mailOperations, notificationOperations],
  webhooks: [webhookOperations],
  signals: [signalOperations],
} as const satisfies Record<string, readonly Readonly<Record<string, Operation>>[]>

const listed = Object.entries<readonly Readonly<Record<string, Operation>>[]>(resources).flatMap(
  ([resource, files]) =>
    files
      .flatMap((file) => Object.values(file))
      // The account of a user is for the user.
      .filter(({ access }) => access !== 'anyone' && access !== 'signed-in')
      // A key cannot prove again who it is.
      .filter(({ stepUp }) => !stepUp)
      .map(({ id, method }) => [id, `${resource}:${method === 'GET' ? 'read' : 'write'}`] as const),
)

const scopeById: ReadonlyMap<string, string> = new Map(listed)

/** The scopes of API keys, each a resource with `:read` or `:write`. */
export const apiKeyScopes = [...new Set(scopeById.values())] as [string, ...string[]]

/** Returns the scope with which an API key may call an operation; undefined if no key may. */
export const findApiKeyScope = ({ id }: Pick<Operation, 'id'>): string | undefined => scopeById.get(id)
