import type { Operation } from '../../../../src/contract/operation.ts'
import type { OperationId } from '../../../../src/contract/operations.ts'
import type { StepUpMethodName } from '../../../../src/contract/step-up.ts'

/** What a user is about to do, as it continues "You are about to". */
const words: Partial<Record<OperationId, string>> = {
  eraseOwnAccount: 'erase your account',
  erasePerson: 'erase a user',
  revokeCertificate: 'revoke the certificate',
  rotateCredentialSecret: 'create a new secret for the API credentials',
  createBulkRevocation: 'revoke all certificates of an issuing CA',
  retireCertificateAuthority: 'change the retirement of the issuing CA',
  rotateCertificateAuthority: 'create a new issuing CA for the environment',
  trustIssuer: 'trust an external CA for the environment',
  confirmRequest: 'confirm the request of another operator',
  updateMember: 'change the role of',
  removeMember: 'remove the member',
  leaveOrganization: 'leave the organization',
  createInvitation: 'invite',
  removeOperator: 'remove the operator',
  suspendOrganization: 'suspend the organization',
  reactivateOrganization: 'reactivate the organization',
  closeOrganization: 'close the organization',
  createApiKey: 'create the API key',
  createOwnApiKey: 'create the API key',
  createWebhook: 'create the webhook',
  updateWebhook: 'change the webhook',
  rotateWebhookSecret: 'create a new secret for the webhook',
  addWebhookClientCertificate: 'add a client certificate to the webhook',
  installWebhookClientCertificate: 'enter the client certificate of the webhook',
  activateWebhookClientCertificate: 'change the client certificate of the webhook',
  retireWebhookClientCertificate: 'retire the client certificate of the webhook',
  rotateApiKey: 'create a new secret for the API key',
  rotateOwnApiKey: 'create a new secret for the API key',
  requestEmailChange: 'change your email address to',
  beginPasskeyRegistration: 'add a passkey to your account',
  deletePasskey: 'delete the passkey',
  beginTotpSetUp: 'set up an authenticator app',
  deleteTotp: 'remove your authenticator app',
  createRecoveryCodes: 'make new recovery codes',
  setSecurityPolicy: 'change whether members need a second factor',
}

/** Returns what an operation does, as it continues "You are about to". */
export function findStepUpWords({ id, summary }: Operation): string {
  const [first = summary] = summary.split(/[;,]/)
  return words[id as OperationId] ?? first.slice(0, 1).toLowerCase() + first.slice(1)
}

interface MethodWords {
  /** The button that chooses the method. */
  choice: string
  /** The button that sends it. */
  action: string
  need: string
  wrong?: string
}

/** What the dialog says of each method. */
export const stepUpMethodWords: Readonly<Record<StepUpMethodName, MethodWords>> = {
  password: {
    choice: 'Use the password',
    action: 'Confirm',
    need: 'This needs your password again.',
    wrong: 'The password is wrong. Check it, and try again.',
  },
  totp: {
    choice: 'Use the authenticator app',
    action: 'Confirm',
    need: 'This needs a code of your authenticator app.',
    wrong: 'The code is wrong or was used before. Wait for the next code of the app.',
  },
  passkey: {
    choice: 'Use a passkey',
    action: 'Use passkey',
    need: 'This needs your passkey.',
  },
}
