import type { Operation, Reply, Sent } from '../../src/contract/operation.ts'
import { Problem } from '../../src/contract/problem.ts'
import { isTagged } from '../../src/contract/resources.ts'
import { stepUpHeader } from '../../src/contract/step-up.ts'
import { possibleErrors } from '../../src/http/possible-errors.ts'
import type { Fetch } from './inject-fetch.ts'
import type { PosternPlace } from './postern.ts'

/** Where a portal answers: by its port, or by what asks it in its place. */
export interface PortalAddress {
  portalUrl: string
  fetch?: Fetch
}

/** The time-out of a request. */
const maxWaitMs = 60_000

/** The response of an operation, of any status. */
export interface Answer<T> {
  status: number
  body: T
  headers: Headers
}

/**
 * An API client of a test user, with a cookie jar. It proves again who it is where an operation asks for it, as the page
 * does, unless it has no `password`.
 */
export interface ApiClient {
  email: string
  /** The password, if the client proves with it who it is where an operation asks for that. */
  password?: string | undefined
  /** Returns the response, also if it is an error. */
  send<O extends Operation>(
    operation: O,
    input?: Partial<Sent<O>> & { headers?: Record<string, string> },
  ): Promise<Answer<Reply<O> & { code?: string; detail?: string }>>
  /** Returns the response body; throws if the response is an error. */
  call<O extends Operation>(operation: O, input?: Partial<Sent<O>>): Promise<Reply<O>>
  cookie(): string
  /** Returns the headers that say who the client is. */
  identity(): Record<string, string>
}

/** Creates an API client without a session. */
export function createApiClient(
  { portalUrl, fetch: ask = fetch }: PortalAddress,
  email = 'stranger',
  apiKey?: string,
): ApiClient {
  const jar = new Map<string, string>()
  const writeCookies = () => [...jar].map(([name, value]) => `${name}=${value}`).join('; ')
  const client: ApiClient = {
    email,
    cookie: writeCookies,
    identity: () => ({
      ...(jar.size === 0 ? {} : { cookie: writeCookies() }),
      ...(apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` }),
    }),
    async send(operation, input = {}) {
      const answer = await sendOnce(operation, input)
      const act = (answer.body as Partial<Problem> | undefined)?.stepUp
      if (act === undefined || client.password === undefined) return answer
      const { operations } = await import('../../src/contract/operations.ts')
      const proof = { method: 'password' as const, password: client.password }
      const { token } = await client.call(operations.proveStepUp, { body: { ...act, proof } })
      return sendOnce(operation, { ...input, headers: { ...input.headers, [stepUpHeader]: token } })
    },
    async call(operation, input) {
      const { status, body } = await client.send(operation, input)
      if (status >= 400) throw new Error(`${operation.id} answered ${status}: ${JSON.stringify(body)}`)
      return body
    },
  }
  const sendOnce: ApiClient['send'] = async (operation, input = {}) => {
    const response = await ask(toUrl(portalUrl, operation, input), {
      method: operation.method,
      signal: AbortSignal.timeout(maxWaitMs),
      headers: {
        ...client.identity(),
        ...(input.body === undefined ? {} : { 'content-type': 'application/json' }),
        ...input.headers,
      },
      ...(input.body === undefined ? {} : { body: JSON.stringify(input.body) }),
    })
    for (const set of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(set) ?? []
      if (set.includes('Max-Age=0')) jar.delete(name)
      else jar.set(name, value)
    }
    const text = await response.text()
    const isJson = response.headers.get('content-type')?.includes('json')
    const body = isJson ? JSON.parse(text) : text
    assertDocumented(operation, response.status, body)
    return { status: response.status, body, headers: response.headers } as never
  }
  return client
}

/** Creates an API client that sends an API key in place of a cookie. */
export const withApiKey = (portal: PortalAddress, apiKey: string): ApiClient =>
  createApiClient(portal, 'API key', apiKey)

/** Throws if the operation does not declare the code of an error. */
function assertDeclared(operation: Operation, { code }: Problem): void {
  const declared: string[] = possibleErrors(operation)
  if (!declared.includes(code)) throw new Error(`${operation.id} answered ${code}, which it does not declare`)
}

/** Throws if the description of the operation does not allow the response. */
function assertDocumented(operation: Operation, answered: number, body: unknown): void {
  const { id, reply, status = 200 } = operation
  if (answered === 304 && isTagged(operation)) return
  if (answered >= 400) assertDeclared(operation, Problem.parse(body))
  else if (answered !== status) throw new Error(`${id} answered ${answered} where ${status} is documented`)
  else if (reply !== null && 'parse' in reply) reply.parse(body)
}

/** Returns the URL of an operation with its path parameters and query. */
export function toUrl(
  portalUrl: string,
  operation: Operation,
  input: { params?: unknown; query?: unknown },
): string {
  const params = (input.params ?? {}) as Record<string, string>
  const path = operation.path.replaceAll(/:([a-zA-Z]+)/g, (_, name) => encodeURIComponent(params[name] ?? ''))
  const query = new URLSearchParams(
    Object.entries((input.query ?? {}) as Record<string, unknown>).map(([name, value]): [string, string] => [
      name,
      String(value),
    ]),
  )
  return `${portalUrl}/api/v1${path}${query.size > 0 ? `?${query}` : ''}`
}

/** Signs in with the one-time password of the first start and sets `password`. */
export async function signInFirst(
  postern: PortalAddress & Pick<PosternPlace, 'firstRun'>,
  email: string,
  password = 'a long test password',
): Promise<ApiClient> {
  const { operations } = await import('../../src/contract/operations.ts')
  const user = postern.firstRun().people.find((candidate) => candidate.email === email)
  if (user === undefined) throw new Error(`${email} has no one-time password`)
  const client = createApiClient(postern, email)
  await client.call(operations.signIn, { body: { email, password: user.oneTimePassword } })
  await client.call(operations.changePassword, {
    body: { currentPassword: user.oneTimePassword, newPassword: password },
  })
  client.password = password
  return client
}
