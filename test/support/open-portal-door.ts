import { Writable } from 'node:stream'
import type { InjectOptions, LightMyRequestResponse } from 'fastify'
import { pino } from 'pino'
import { describeError } from '../../src/app/create-log.ts'
import type { Environment } from '../../src/config/config.ts'
import type { Operation } from '../../src/contract/operation.ts'
import { operations } from '../../src/contract/operations.ts'
import { stepUpHeader } from '../../src/contract/step-up.ts'
import type { Waiting } from '../../src/http/await-change.ts'
import type { Handlers } from '../../src/http/handler.ts'
import { createPrincipalLimit } from '../../src/http/limit-principals.ts'
import { createPortalServer } from '../../src/http/portal-server.ts'
import type { IdempotencyStore } from '../../src/storage/idempotency-store.ts'
import { makeFitting } from './fitting-values.ts'
import { openListener } from './open-listener.ts'

/** The portal's server, with an answer that a test sets in place of every handler. */
export interface PortalDoor {
  /** What the handlers do from now on. */
  answerWith(answer: (operationId: string) => unknown): void
  /** How often a handler was called. */
  calls(): number
  /** The lines of the log since it was read last. */
  readLog(): Record<string, unknown>[]
  /** Calls an operation, with path parameters and a body that fit where none is given. */
  send(operation: Operation, input?: { query?: string; body?: unknown }): Promise<LightMyRequestResponse>
  /** The path of an operation, with path parameters that fit. */
  toPath(operation: Operation): string
  /** Sends any request. */
  inject(request: InjectOptions): Promise<LightMyRequestResponse>
  close(): Promise<void>
}

/** Opens the server for an operator who is an admin of every organization. */
export async function openPortalDoor(): Promise<PortalDoor> {
  let answer: (operationId: string) => unknown = () => undefined
  let calls = 0
  let lines = ''
  const destination = new Writable({
    write(chunk, _, done) {
      lines += chunk
      done()
    },
  })
  const handlerOf = (operationId: string) => async () => {
    calls += 1
    return answer(operationId)
  }
  const server = await createPortalServer({
    isReady: async () => true,
    // A test of every answer of every operation sends thousands of requests.
    principals: createPrincipalLimit(undefined, undefined, 100_000),
    times: undefined,
    tracer: undefined,
    environments: [],
    scim: [],
    readCalendar: async () => undefined,
    unsubscribe: async () => ({ email: 'a@acme.example', legalName: 'ACME' }),
    ...openListener,
    log: pino({ serializers: { err: describeError } }, destination),
    handlers: Object.fromEntries(
      Object.keys(operations).map((id) => [id, handlerOf(id)]),
    ) as unknown as Handlers,
    details: {
      findOrganization: async (slug) =>
        ({ id: `org_${slug}`, slug, legalName: slug.toUpperCase(), status: 'active' }) as never,
      findRole: async () => 'admin',
      environments: new Map([['acme', { name: 'acme' } as Environment]]),
      operatorsNeedSecondFactor: false,
    },
    authentication: {
      find: async () => ({
        ...{ userId: 'usr_1', email: 'a@acme.example', name: 'A' },
        ...{
          operatorRole: 'operator' as const,
          mustChangePassword: false,
          secondFactor: null,
          secondFactorFor: null,
          signedInBy: null,
        },
      }),
      identify: () => 'session',
    },
    identifySession: () => 'session',
    stepUpProofs: { isValid: async () => true, spend: async () => true },
    // No test sends an idempotency key or waits.
    idempotency: {} as IdempotencyStore,
    waiting: {} as Waiting,
    secondPerson: new Set(),
    portalUrl: 'http://localhost',
    access: { findAccount: async () => undefined, note: () => {} },
    isTrustedProxy: () => false,
  })
  return {
    answerWith(next) {
      answer = next
    },
    calls: () => calls,
    readLog() {
      const read = lines.split('\n').filter((line) => line !== '')
      lines = ''
      return read.map((line) => JSON.parse(line))
    },
    send: async (operation, { query = '', body = fittingInput(operation).body } = {}) =>
      await server.inject({
        method: operation.method,
        url: `/api/v1${fittingInput(operation).path}${query}`,
        headers: {
          ...(operation.stepUp ? { [stepUpHeader]: 'proof' } : {}),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { payload: JSON.stringify(body) }),
      }),
    toPath: (operation) => `/api/v1${fittingInput(operation).path}`,
    inject: (request) => server.inject(request),
    close: () => server.close(),
  }
}

/** What a schema asks for beyond its members. */
const asked: Partial<Record<string, object>> = {
  createBulkRevocation: { serialNumbers: ['0a'], dryRun: true },
  retireCertificateAuthority: { dryRun: true },
}

const made = new Map<string, { path: string; body: unknown }>()

/** Path parameters and a body that fit; they are made once for each operation. */
function fittingInput(operation: Operation): { path: string; body: unknown } {
  const { id, path, params, body } = operation
  const known = made.get(id)
  if (known !== undefined) return known
  const values = params === undefined ? {} : (makeFitting(params, 'input') as Record<string, string>)
  const input = {
    path: path.replaceAll(/:([a-zA-Z]+)/g, (_, name) => values[name] ?? ''),
    body: body && { ...(makeFitting(body, 'input', { onlyRequired: true }) as object), ...asked[id] },
  }
  made.set(id, input)
  return input
}
