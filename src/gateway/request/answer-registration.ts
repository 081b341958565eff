import { gatewayPaths } from '../../contract/gateway-paths.ts'
import { findChallengeFile } from '../../contract/registration.ts'
import type { ProvenKey } from '../../contract/usage-batch.ts'
import { PosternError } from '../../errors.ts'
import { sendJson } from '../message/problem-reply.ts'
import { readBody } from '../message/read-body.ts'
import type { Observation } from '../observation/observation.ts'
import { observeRequest } from '../observation/observe.ts'
import { nothingFound } from '../request-context/findings.ts'
import type { RequestContext } from '../request-context/request-context.ts'

/** Returns whether a request is a proof of possession for a certificate that is not registered yet. */
export const isProof = ({ environment, method, path, connection }: RequestContext): boolean =>
  environment.externalCertificates !== 'off' &&
  method === 'POST' &&
  path === gatewayPaths.registrations &&
  connection.presented !== undefined

/** Where a proof goes. */
export interface ProofDependencies {
  /**
   * Reports that a client has proven possession of a certificate's key, if that certificate waits for
   * registration; any other proof is ignored.
   */
  prove(proof: ProvenKey): Promise<void>
  record(observation: Observation): void
}

/**
 * Accepts the challenge file of a registration over a connection with the certificate in question: completing
 * the handshake proves possession of its key (RFC 8446, section 4.4.3). The response is the same whether or
 * not such a registration exists, so it reveals nothing. Throws `bad_request`, and `proof_invalid` for a
 * challenge file of another certificate or environment.
 */
export async function answerRegistration(
  dependencies: ProofDependencies,
  context: RequestContext,
): Promise<void> {
  const { environment, connection, now } = context
  const statement = findChallengeFile(Buffer.from(await readBody(context)).toString('latin1'))
  if (statement === undefined)
    throw new PosternError(
      'bad_request',
      'The body is not the challenge file of a registration. Send the file from the portal unchanged: in cURL use --data-binary @proof.txt.',
    )
  if (statement.environment !== environment.name)
    throw new PosternError(
      'proof_invalid',
      `The challenge file is for another environment, but this is the ${environment.name} gateway. Send the file to the address that the portal shows.`,
    )
  if (statement.fingerprintSha256 !== connection.presented?.fingerprint)
    throw new PosternError(
      'proof_invalid',
      'The client presented another certificate than the one that the challenge file names. Present the certificate that you register.',
    )
  const { registrationId, challenge, fingerprintSha256 } = statement
  const { clientAddress } = connection
  const proof = { registrationId, challenge, fingerprintSha256, environment: environment.name, clientAddress }
  await dependencies.prove({ ...proof, at: now })
  const body = {
    status: 'seen',
    detail:
      'The gateway has seen the certificate and its key. The portal shows within seconds whether the certificate is registered. If not, send the file again.',
  }
  sendJson(context, nothingFound, { status: 202, body })
  const outcome = { status: 202, code: null, explanation: null }
  dependencies.record(observeRequest(context, nothingFound, 'call', outcome))
}
