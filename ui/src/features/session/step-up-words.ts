import type { Operation } from '../../../../src/contract/operation.ts'
import type { OperationId } from '../../../../src/contract/operations.ts'

/** What a user is about to do, as it continues "You are about to". */
const words: Partial<Record<OperationId, string>> = {
  eraseOwnAccount: 'erase your account',
  erasePerson: 'erase a user',
  revokeCertificate: 'revoke the certificate',
  rotateCredentialSecret: 'create a new secret for the API credentials',
  createBulkRevocation: 'revoke all certificates of an issuing CA',
  retireCertificateAuthority: 'change the retirement of the issuing CA',
  rotateCertificateAuthority: 'create a new issuing CA for the environment',
}

/** Returns what an operation does, as it continues "You are about to". */
export function findStepUpWords({ id, summary }: Operation): string {
  const [first = summary] = summary.split(/[;,]/)
  return words[id as OperationId] ?? first.slice(0, 1).toLowerCase() + first.slice(1)
}
