import type { Operation } from '../contract/operation.ts'
import { findChanged, findRepresented, isTagged } from '../contract/resources.ts'
import { PosternError } from '../errors.ts'
import type { IdempotencyStore } from '../storage/idempotency-store.ts'
import { readInside } from '../storage/read-inside.ts'
import { changeFor } from '../storage/request-change.ts'
import type { Waiting } from './await-change.ts'
import { findEntityTag, isMatch, isNoneMatch, readEntityTags } from './entity-tag.ts'
import type { Request } from './handler.ts'
import { answerOnce, type Keeper } from './idempotency.ts'
import type { Outcome } from './outcome.ts'
import { assertOnePersonSuffices, type SecondPersonAreas } from './require-second-person.ts'
import { requireStepUp, type StepUpDependencies } from './require-step-up.ts'

/** The request of any operation. */
export type AnyRequest = Request<Operation> & { params: Record<string, string> | undefined }

/** The dependencies that operations share. */
export interface RunDependencies extends StepUpDependencies {
  secondPerson: SecondPersonAreas
  idempotency: IdempotencyStore
  waiting: Waiting
}

/** How one request is handled. */
export interface Handling {
  /** Runs the handler of an operation. */
  handle(operation: Operation, request: AnyRequest): Promise<unknown>
  /** Throws if the client may no longer call the operation. */
  readmit(): Promise<unknown>
}

const retryAfterSeconds = '2'

/**
 * Answers an operation with what its entry in the contract says of it besides its input and its reply: entity tags and
 * preconditions (RFC 9110, sections 8.8.3 and 13), `Location`, idempotency keys, step-up proofs, `Retry-After` and
 * waiting.
 */
export async function runOperation(
  dependencies: RunDependencies & Handling,
  operation: Operation,
  request: AnyRequest,
): Promise<Outcome> {
  if (isTagged(operation)) return read(dependencies, operation, request)
  const { handle, idempotency } = dependencies
  const { creates, changes, stepUp } = operation
  if (creates === undefined && changes === undefined && stepUp === undefined) {
    assertOnePersonSuffices(dependencies.secondPerson, operation, request.body)
    return describe(operation, request, await handle(operation, request))
  }
  const keeper =
    creates === undefined
      ? undefined
      : answerOnce(idempotency, operation, request, async (subjectId, secrets) => {
          const found = await readResource(
            handle,
            findRepresented(operation) as Operation,
            request,
            subjectId,
          )
          return describe(operation, request, { ...(found as object), ...secrets })
        })
  const change = () => runChange(dependencies, operation, request, keeper)
  return keeper === undefined ? change() : keeper.run(change)
}

/** Runs an operation that changes something, if it still is as the request wants it to be. */
async function runChange(
  { handle, ...dependencies }: StepUpDependencies & Pick<RunDependencies, 'secondPerson'> & Handling,
  operation: Operation,
  request: AnyRequest,
  keeper: Keeper | undefined,
): Promise<Outcome> {
  const assertUnchanged = createPrecondition(handle, operation, request)
  // A change that does nothing has no transaction.
  await assertUnchanged()
  // Who has to ask for another operator anyway proves nothing first.
  assertOnePersonSuffices(dependencies.secondPerson, operation, request.body)
  const spendProof = await requireStepUp(dependencies, operation, request)
  const change = {
    actorId: request.actor.id,
    before: (tx: Parameters<Keeper['recordChange']>[0]) => readInside(tx, assertUnchanged),
    async after(tx: Parameters<Keeper['recordChange']>[0], subjectId: string) {
      await spendProof?.(tx)
      await keeper?.recordChange(tx, subjectId)
    },
  }
  const result = await changeFor(change, () =>
    handle(operation, keeper === undefined ? request : { ...request, keepSecrets: keeper.keepSecrets }),
  )
  return describe(operation, request, result)
}

/** Returns what throws `precondition_failed` unless the resource has a tag that `If-Match` names. */
function createPrecondition(
  handle: Handling['handle'],
  operation: Operation,
  request: AnyRequest,
): () => Promise<void> {
  const resource = findChanged(operation)
  const wanted = resource && readEntityTags(request.headers, 'if-match')
  if (resource === undefined || wanted === undefined) return async () => {}
  return async () => {
    const found = await readResource(handle, resource, request)
    if (isMatch(wanted, findEntityTag(resource, found))) return
    throw new PosternError(
      'precondition_failed',
      'The resource was changed after you read it, so nothing was done. Read it again, and send its new ETag in If-Match.',
    )
  }
}

/** Reads a resource of the request, or the one with `id`. */
const readResource = (
  handle: Handling['handle'],
  resource: Operation,
  request: AnyRequest,
  id?: string,
): Promise<unknown> => {
  const params = id === undefined ? request.params : { ...request.params, [lastParamOf(resource)]: id }
  return handle(resource, { ...request, params, query: {}, body: undefined } as AnyRequest)
}

/** Reads what has an entity tag; the answer to a client that has it already is 304. */
async function read(
  { handle, readmit, waiting }: RunDependencies & Handling,
  operation: Operation,
  request: AnyRequest,
): Promise<Outcome> {
  const known = readEntityTags(request.headers, 'if-none-match')
  const attempt = async () => describe(operation, request, await handle(operation, request))
  const { wait = 0 } = (request.query ?? {}) as { wait?: number }
  let first: Outcome | undefined
  const again = async () => {
    if (first === undefined) first = await attempt()
    else {
      await readmit()
      return attempt()
    }
    return first
  }
  const isEnough = ({ headers }: Outcome) =>
    headers['retry-after'] === undefined ||
    headers.etag !== first?.headers.etag ||
    isOther(known, headers.etag)
  const outcome =
    wait === 0
      ? await attempt()
      : await waiting.until({ ...request, params: request.params ?? {} }, wait, again, isEnough)
  const { etag } = outcome.headers
  if (known === undefined || etag === undefined || isOther(known, etag)) return outcome
  return { ...outcome, status: 304, result: undefined }
}

/** Returns whether a client knows another representation than the one with `tag`. */
const isOther = (known: ReturnType<typeof readEntityTags>, tag: string | undefined): boolean =>
  known !== undefined && tag !== undefined && isNoneMatch(known, tag)

/** Returns the answer with the headers that its operation promises. */
function describe(operation: Operation, { params }: AnyRequest, result: unknown): Outcome {
  const { creates, status = 200 } = operation
  const represented = findRepresented(operation)
  const etag = represented && findEntityTag(represented, result)
  // An answer without a body is of nothing that is pending.
  const isPending = etag !== undefined && isStill(represented?.pending, result)
  return {
    status,
    headers: {
      ...(etag === undefined ? {} : { etag }),
      ...(creates === undefined || represented === undefined
        ? {}
        : {
            location: toLocation(represented, {
              ...params,
              [lastParamOf(represented)]:
                (result as Record<string, string>)[represented.identifiedBy ?? 'id'] ?? '',
            }),
          }),
      ...(isPending ? { 'retry-after': retryAfterSeconds } : {}),
    },
    result,
  }
}

const isStill = (pending: Operation['pending'], result: unknown): boolean =>
  pending?.values.includes(String((result as Record<string, unknown>)[pending.member])) ?? false

const namesOf = ({ path }: Operation): string[] =>
  [...path.matchAll(/:([a-zA-Z]+)/g)].map(([, name]) => name as string)

/** Returns the parameter that names the resource itself. */
const lastParamOf = (resource: Operation): string => namesOf(resource).at(-1) ?? 'id'

const toLocation = ({ path }: Operation, params: Readonly<Record<string, string>>): string =>
  `/api/v1${path.replaceAll(/:([a-zA-Z]+)/g, (_, name) => encodeURIComponent(params[name] ?? ''))}`
