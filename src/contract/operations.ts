import { accountOperations } from './account-operations.ts'
import { apiKeyOperations } from './api-key-operations.ts'
import { approvalOperations } from './approval-operations.ts'
import { auditOperations } from './audit-operations.ts'
import { authorityOperations } from './authority-operations.ts'
import { bulkRevocationOperations } from './bulk-revocation-operations.ts'
import { calendarFeedOperations } from './calendar-feed-operations.ts'
import { certificateOperations } from './certificate-operations.ts'
import { confirmationOperations } from './confirmation-operations.ts'
import { credentialOperations } from './credential-operations.ts'
import { enforcementOperations } from './enforcement-operations.ts'
import { factorOperations } from './factor-operations.ts'
import { invitationOperations } from './invitation-operations.ts'
import { mailOperations } from './mail-operations.ts'
import { memberOperations } from './member-operations.ts'
import { migrationOperations } from './migration-operations.ts'
import { notificationOperations } from './notification-operations.ts'
import { organizationOperations } from './organization-operations.ts'
import { platformOperations } from './platform-operations.ts'
import { privacyOperations } from './privacy-operations.ts'
import { registrationOperations } from './registration-operations.ts'
import { rotationOperations } from './rotation-operations.ts'
import { sessionOperations } from './session-operations.ts'
import { signalOperations } from './signal-operations.ts'
import { singleSignOnOperations } from './single-sign-on-operations.ts'
import { stepUpOperations } from './step-up-operations.ts'
import { subscriptionOperations } from './subscription-operations.ts'
import { telemetryOperations } from './telemetry-operations.ts'
import { webhookOperations } from './webhook-operations.ts'

/**
 * Every operation of the REST API. Ids are stable; the OpenAPI document, the server and the user interface
 * are derived from this table.
 */
export const operations = {
  ...sessionOperations,
  ...stepUpOperations,
  ...accountOperations,
  ...factorOperations,
  ...organizationOperations,
  ...memberOperations,
  ...invitationOperations,
  ...credentialOperations,
  ...certificateOperations,
  ...registrationOperations,
  ...rotationOperations,
  ...telemetryOperations,
  ...enforcementOperations,
  ...migrationOperations,
  ...approvalOperations,
  ...bulkRevocationOperations,
  ...confirmationOperations,
  ...authorityOperations,
  ...auditOperations,
  ...mailOperations,
  ...notificationOperations,
  ...subscriptionOperations,
  ...platformOperations,
  ...apiKeyOperations,
  ...calendarFeedOperations,
  ...privacyOperations,
  ...singleSignOnOperations,
  ...webhookOperations,
  ...signalOperations,
}

/** The id of an operation of the API. */
export type OperationId = keyof typeof operations
