import { type RequestOptions, request } from 'node:https'

/** What a client presents to the gateway, in PEM. */
export interface Identity {
  ca: string
  cert: string
  key: string
}

interface Call extends RequestOptions {
  body?: string
}

function ask(
  url: string,
  identity: Identity,
  { body, ...options }: Call,
): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const asked = request(url, { ...identity, ...options, agent: false }, async (response) => {
      let text = ''
      for await (const chunk of response) text += chunk
      resolve({ status: response.statusCode ?? 0, text })
    })
    asked.once('error', reject).end(body)
  })
}

/** Fetches an access token and calls `path` with it; returns the status of the call. */
export async function callGateway(
  identity: Identity,
  { tokenUrl, gatewayUrl }: { tokenUrl: string; gatewayUrl: string },
  { clientId, clientSecret }: { clientId: string; clientSecret: string | null },
  path: string,
): Promise<number> {
  const token = await ask(tokenUrl, identity, {
    method: 'POST',
    auth: `${clientId}:${clientSecret}`,
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: 'grant_type=client_credentials',
  })
  const { access_token: bearer } = JSON.parse(token.text) as { access_token: string }
  const called = await ask(`${gatewayUrl}${path}`, identity, {
    headers: { authorization: `Bearer ${bearer}` },
  })
  return called.status
}
