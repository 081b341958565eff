import { createCredentialToken } from '../../support/fetch-token.ts'
import type { GatewayHarness, TestClient } from '../../support/gateway-harness.ts'

const hour = 3_600_000

/** A request with a valid certificate and an invalid token, and its expected response. */
export interface WrongToken {
  name: string
  status: number
  code: string
  authorization: string
  path?: string
}

/** Creates the tokens for requests of `client`. */
export async function listWrongTokens(harness: GatewayHarness, client: TestClient): Promise<WrongToken[]> {
  const token = await createCredentialToken(harness, client, 'production', ['payments:read'])
  const others = await createCredentialToken(harness, await harness.issue())
  // Longer ago than the lifetime of a token, but not before the first signing key existed.
  harness.shiftClock(-hour / 2)
  const expired = await createCredentialToken(
    harness,
    await harness.issue({ notBefore: Date.now() - 3 * hour }),
  )
  harness.shiftClock(0)
  const bearer = (value: string) => `Bearer ${value}`
  return [
    { name: 'no token', status: 401, code: 'token_missing', authorization: '' },
    {
      name: 'a token that was changed',
      status: 401,
      code: 'token_invalid',
      authorization: bearer(`${token.slice(0, -4)}AAAA`),
    },
    { name: 'a token that has expired', status: 401, code: 'token_expired', authorization: bearer(expired) },
    {
      name: 'the token of another certificate',
      status: 401,
      code: 'token_certificate_mismatch',
      authorization: bearer(others),
    },
    {
      name: 'a scope that is missing',
      status: 403,
      code: 'token_scope_missing',
      authorization: bearer(token),
      path: '/refunds',
    },
    {
      name: 'an address that is not there',
      status: 404,
      code: 'route_unknown',
      authorization: bearer(token),
      path: '/nothing',
    },
    {
      name: 'a path with two meanings',
      status: 400,
      code: 'bad_request',
      authorization: bearer(token),
      path: '/payments%2F1',
    },
  ]
}
