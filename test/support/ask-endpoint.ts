import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'
import type { GatewayHarness, TestClient, TestCredential } from './gateway-harness.ts'

/** A request to an OAuth endpoint. */
export interface EndpointCall {
  /** Undefined for a client without a certificate. */
  as: TestClient | null
  path?: string
  method?: string
  environment?: string
  /** The index of the gateway; the first one if undefined. */
  port?: number
  headers?: Record<string, string | string[]>
  body?: string
}

/** Sends a request to an OAuth endpoint of the gateway on its own connection. */
export async function askEndpoint(
  harness: GatewayHarness,
  { as, path = '/token', method = 'POST', environment, port, headers = {}, body = '' }: EndpointCall,
) {
  const form = { 'content-type': 'application/x-www-form-urlencoded' }
  const identity = as === null ? {} : { cert: as.cert, key: as.key }
  const options = { method, ca: harness.ca, ...identity, agent: false, headers: { ...form, ...headers } }
  const base = port === undefined ? harness.url(environment) : `https://localhost:${port}`
  const request = httpsRequest(`${base}${path}`, options)
  request.end(body)
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  let text = ''
  for await (const chunk of response) text += chunk
  // biome-ignore lint/suspicious/noExplicitAny: whatever the gateway answered
  return { status: response.statusCode ?? 0, headers: response.headers, body: JSON.parse(text) as any }
}

/** Returns the header of `client_secret_basic` (RFC 6749, section 2.3.1). */
export const basicOf = ({ clientId, secret }: Pick<TestCredential, 'clientId' | 'secret'>) => ({
  authorization: `Basic ${Buffer.from(`${clientId}:${secret}`).toString('base64')}`,
})
