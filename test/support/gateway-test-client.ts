import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { connect } from 'node:tls'
import { createCredentialToken } from './fetch-token.ts'
import type { GatewayHarness, TestClient } from './gateway-harness.ts'

/** The optional parts of a request. */
export interface Sending {
  method?: string
  headers?: Record<string, string | string[]>
  body?: string | Buffer
}

/** Opens a client with a certificate and a token, for all scopes if none are given. */
export async function openTestClient(
  harness: GatewayHarness,
  environment = 'production',
  organization = 'acme',
  scopes?: string[],
) {
  const client: TestClient = await harness.issue({ environment, organization })
  const token = await createCredentialToken(harness, client, environment, scopes, organization)
  const tls = { ca: harness.ca, cert: client.cert, key: client.key }
  const bearer = { authorization: `Bearer ${token}` }

  return {
    client,
    token,
    tls,
    bearer,
    /** Sends one request on its own connection. */
    async call(path: string, { method = 'GET', headers = {}, body }: Sending = {}) {
      const options = { method, agent: false, ...tls, headers: { ...bearer, ...headers } }
      const request = httpsRequest(`${harness.url(environment)}${path}`, options)
      request.end(body)
      const [response] = (await once(request, 'response')) as [IncomingMessage]
      let text = ''
      for await (const chunk of response) text += chunk
      const code: string | undefined = text.startsWith('{') ? JSON.parse(text).code : undefined
      return { status: response.statusCode, headers: response.headers, text, code }
    },
    /** Sends raw bytes on a new connection; returns what arrived until it was closed, and whether it was. */
    async sendRaw(bytes: string | Buffer, milliseconds = 3000): Promise<{ text: string; isClosed: boolean }> {
      const socket = connect({ host: 'localhost', port: harness.port(environment), ...tls })
      let text = ''
      let isClosed = true
      socket.on('error', () => {})
      socket.on('data', (chunk) => {
        text += chunk.toString('latin1')
      })
      socket.write(bytes)
      const timer = setTimeout(() => {
        isClosed = false
        socket.destroy()
      }, milliseconds)
      await once(socket, 'close')
      clearTimeout(timer)
      return { text, isClosed }
    },
  }
}

export type GatewayTestClient = Awaited<ReturnType<typeof openTestClient>>
