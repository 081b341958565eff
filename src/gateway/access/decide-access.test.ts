import type { IncomingMessage, ServerResponse } from 'node:http'
import { expect, test } from 'vitest'
import type { EnforcementMode } from '../../contract/enforcement-policy.ts'
import type { GatewayEnvironment } from '../environment/gateway-environment.ts'
import { createRegistry } from '../registry/registry.ts'
import type { Connection } from '../request-context/connections.ts'
import { createRequestContext } from '../request-context/request-context.ts'
import { decideAccess } from './decide-access.ts'

const environment = {
  name: 'production',
  enforcement: 'enforce',
  externalCertificates: 'off',
  certificateStatusHeader: false,
} as GatewayEnvironment

const claims = Buffer.from(JSON.stringify({ client_id: 'acme-1' })).toString('base64url')
const request = {
  method: 'GET',
  url: '/payments',
  headers: { authorization: `Bearer e30.${claims}.x` },
} as IncomingMessage

/**
 * Returns the result for a client without a certificate that sends credentials of an organization with this
 * policy.
 */
async function admit(
  mode: EnforcementMode | undefined,
  { isStale = false, wasAsleep = false, meanwhile = mode } = {},
) {
  const registry = createRegistry()
  registry.setClient({
    ...{ credentialId: 'cred_1', clientId: 'acme-1', name: 'a', organizationId: 'org_acme' },
    ...{ environment: 'production', scopes: null, networks: null, certificateIds: null },
    ...{ tlsClientAuth: null, secrets: [], keys: [] },
  })
  if (mode !== undefined) registry.setPolicy('org_acme', 'production', { mode, since: 5 })
  const connection = { presented: undefined, socket: {} } as Connection
  const context = { environment, now: 1 }
  const requestContext = createRequestContext(request, {} as ServerResponse, connection, context)
  const catchUp = async (): Promise<void> => {
    if (meanwhile !== undefined) registry.setPolicy('org_acme', 'production', { mode: meanwhile, since: 6 })
  }
  const parts = {
    ...{ registry, catchUp, isStale: () => isStale, wasAsleep: () => wasAsleep },
    tokens: {} as never,
  }
  const access = await decideAccess(parts, requestContext)
  return access.ok
    ? { code: undefined, unenforcedDenial: access.unenforcedDenial?.code, policy: access.policy }
    : { code: access.denial.code, unenforcedDenial: undefined, policy: undefined }
}

test('a client without a certificate is allowed if its claimed organization does not require one', async () => {
  for (const mode of ['off', 'observe'] as const)
    expect(await admit(mode)).toEqual({
      code: undefined,
      unenforcedDenial: 'certificate_missing',
      policy: { mode, since: 5 },
    })
})

test('a client without a certificate is denied if one is required or the policy is unknown', async () => {
  for (const mode of ['enforce', undefined] as const)
    expect(await admit(mode)).toEqual({
      code: 'certificate_missing',
      unenforcedDenial: undefined,
      policy: undefined,
    })
})

test('every client is denied after the store was unavailable for too long, with or without a certificate', async () => {
  expect(await admit('off', { isStale: true })).toEqual({
    code: 'certificate_state_unknown',
    unenforcedDenial: undefined,
    policy: undefined,
  })
})

test('after the process slept, what was decided meanwhile counts for the first request', async () => {
  expect(await admit('off', { meanwhile: 'enforce' })).toMatchObject({ policy: { mode: 'off' } })
  expect(await admit('off', { meanwhile: 'enforce', wasAsleep: true })).toMatchObject({
    code: 'certificate_missing',
  })
})
