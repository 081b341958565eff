import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { hashToken } from '../../src/accounts/session-store.ts'
import { findErrorTitle } from '../../src/contract/error-titles.ts'
import { isLive, type Operation } from '../../src/contract/operation.ts'
import { operations } from '../../src/contract/operations.ts'
import { Problem } from '../../src/contract/problem.ts'
import { stepUpHeader, toStepUpObject } from '../../src/contract/step-up.ts'
import { toOpenApi } from '../../src/http/openapi.ts'
import { signInFirst } from '../support/api.ts'
import { createTestCredential, issueCertificate } from '../support/certificates.ts'
import { type MutatedRequest, mutatedRequests } from '../support/mutated-requests.ts'
import { type LocalPostern, openPostern } from '../support/open-postern.ts'
import { signIn } from '../support/users.ts'

const inputsEach = Number(process.env.POSTERN_INPUTS ?? 50)
/** A session and an account may send 1,200 requests in a minute. */
const perMinute = 1000
/** Each of these makes a CA, or reads the whole audit log: few of the inputs come with a right to it. */
const costly = new Set<string>(['rotateCertificateAuthority', 'verifyAudit'])

interface Described {
  responses: Record<string, { description: string; content?: Record<string, unknown> }>
}
const document = toOpenApi('http://localhost') as { paths: Record<string, Record<string, Described>> }
const describedAs = ({ path, method }: Operation): Described['responses'] =>
  document.paths[path.replaceAll(/:([a-zA-Z]+)/g, '{$1}')]?.[method.toLowerCase()]?.responses ?? {}

/** How many answers had each status. */
const seen = new Map<number, number>()
let postern: LocalPostern
const known: Record<string, string> = { organization: 'acme', environment: 'production', form: 'pem' }
type User = 'operator' | 'admin'
const emails = { operator: 'operator@postern.example', admin: 'admin@acme.example' }
const fresh = { cookie: '', used: perMinute, userId: '', session: '' }
const sessions = { operator: fresh, admin: fresh }
let minutes = 0

beforeAll(async () => {
  postern = await openPostern()
  await signInFirst(postern, emails.operator)
  const admin = await signInFirst(postern, emails.admin)
  const now = performance.now.bind(performance)
  vi.spyOn(performance, 'now').mockImplementation(() => now() + minutes * 61_000)
  known.certificateId = (await issueCertificate(admin, 'acme')).certificate.id
  const credential = await createTestCredential(admin, 'acme')
  known.credentialId = credential.id
  known.secretId = credential.secrets[0]?.id ?? ''
})
afterAll(async () => {
  vi.restoreAllMocks()
  await postern?.stop()
})

/** Returns the cookie of a session that has requests left, a minute later where the last one has none. */
async function getCookie(user: User): Promise<string> {
  if (sessions[user].used >= perMinute) {
    minutes += 1
    const cookie = (await signIn(postern, emails[user])).cookie()
    const latest = await postern.database.queries
      .selectFrom('sessions')
      .innerJoin('users', 'users.id', 'sessions.user_id')
      .select(['users.id', 'token_sha256'])
      .where('email', '=', emails[user])
      .orderBy('sessions.id', 'desc')
      .executeTakeFirstOrThrow()
    sessions[user] = { cookie, used: 0, userId: latest.id, session: latest.token_sha256 }
  }
  sessions[user].used += 1
  return sessions[user].cookie
}

/** Returns the token of a step-up proof for a request, of a user who has just given their password. */
async function makeProof({ id }: Operation, { params }: MutatedRequest, user: User): Promise<string> {
  const token = randomBytes(32).toString('base64url')
  const object = toStepUpObject(
    Object.fromEntries(Object.entries(params).map(([name, value]) => [name, decode(value)])),
  )
  const { userId, session } = sessions[user]
  await postern.database.queries
    .insertInto('step_up_proofs')
    .values({
      ...{ token_sha256: hashToken(token), user_id: userId, session_sha256: session },
      ...{ operation_id: id, object, expires_at: Date.now() + 60_000 },
    })
    .execute()
  return token
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

async function send(operation: Operation, request: MutatedRequest, user: User | undefined) {
  const cookie = user && (await getCookie(user))
  const proof = user && operation.stepUp && (await makeProof(operation, request, user))
  const path = operation.path.replaceAll(/:([a-zA-Z]+)/g, (_, name) => request.params[name] ?? '')
  const answer = await postern.inject({
    method: operation.method,
    url: `/api/v1${path}${request.query && `?${request.query}`}`,
    headers: {
      ...(proof ? { [stepUpHeader]: proof } : {}),
      ...request.headers,
      ...(cookie === undefined ? {} : { cookie }),
    },
    ...(request.body === undefined ? {} : { payload: request.body }),
    payloadAsStream: true,
  })
  if (answer.statusCode < 400 && isLive(operation.reply)) {
    answer.stream().destroy()
    return { answer, text: '' }
  }
  const chunks: Buffer[] = []
  for await (const chunk of answer.stream()) chunks.push(Buffer.from(chunk))
  return { answer, text: Buffer.concat(chunks).toString() }
}

/** What a status, its media type and its body must be by the description of the operation. */
function assertDescribed(
  operation: Operation,
  { statusCode, headers }: { statusCode: number; headers: Record<string, unknown> },
  text: string,
): void {
  const described = describedAs(operation)[statusCode]
  expect(described, `status ${statusCode}: ${text.slice(0, 300)}`).toBeDefined()
  expect(headers['postern-trace-id']).toMatch(/^[0-9a-f]{32}$/)
  const [mediaType] = String(headers['content-type'] ?? '').split(';')
  const { content = {}, description = '' } = described ?? {}
  if (Object.keys(content).length > 0) expect(Object.keys(content)).toContain(mediaType)
  if (statusCode < 400) {
    const { reply } = operation
    if (reply !== null && 'parse' in reply) reply.parse(JSON.parse(text))
    return
  }
  const { code, type, title, status } = Problem.parse(JSON.parse(text))
  expect(description.split(', ')).toContain(code)
  expect([type, title, status]).toEqual([
    `${postern.portalUrl}/help/errors/${code}`,
    findErrorTitle(code),
    statusCode,
  ])
}

/** The user that may call the operation; none for what would end the session of all other inputs. */
function findUser({ id, access }: Operation): User | undefined {
  if (id === 'signOut' || id === 'changePassword') return undefined
  return access === 'operator' ? 'operator' : 'admin'
}

test.each(Object.values<Operation>(operations).map((operation) => [operation.id, operation] as const))(
  `%s answers ${inputsEach} mutated requests as it is described, and none with 500`,
  async (id, operation) => {
    const inputs = fc.sample(mutatedRequests(operation, known), inputsEach)
    for (const [index, input] of inputs.entries()) {
      const isAllowed = input.isSignedIn && (!costly.has(id) || index % 20 === 0)
      const { answer, text } = await send(operation, input, isAllowed ? findUser(operation) : undefined)
      seen.set(answer.statusCode, (seen.get(answer.statusCode) ?? 0) + 1)
      try {
        expect(answer.statusCode).not.toBe(500)
        assertDescribed(operation, answer, text)
      } catch (error) {
        throw new Error(`${id} with ${JSON.stringify(input).slice(0, 2000)}`, { cause: error })
      }
    }
  },
)

test('the mutated requests reach the operations as well as each check before them', () => {
  expect([200, 400].filter((status) => (seen.get(status) ?? 0) < 5 * inputsEach)).toEqual([])
  expect([201, 401, 403, 404, 409, 413, 415].filter((status) => !seen.has(status))).toEqual([])
})
