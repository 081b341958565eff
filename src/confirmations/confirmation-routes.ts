import type { ConfirmationView } from '../contract/confirmation.ts'
import type { Operation } from '../contract/operation.ts'
import { operations } from '../contract/operations.ts'
import { PosternError } from '../errors.ts'
import { checkInput, checkParams } from '../http/check-input.ts'
import type { Handlers, Request, Session } from '../http/handler.ts'
import { InputError } from '../http/input-error.ts'
import { needsSecondPerson, type SecondPersonAreas } from '../http/require-second-person.ts'
import type { ConfirmationStore, ConfirmedAct } from './confirmation-store.ts'

/** The dependencies of these routes. */
export interface ConfirmationDependencies {
  confirmations: ConfirmationStore
  areas: SecondPersonAreas
  /** Throws unless the user may call the operation with these path parameters. */
  assertAllowed(
    operation: Operation,
    session: Session,
    pathParameters: Readonly<Record<string, string>>,
  ): Promise<unknown>
  /** Runs the handler of an operation. */
  run(operation: Operation, request: Request<Operation>): Promise<unknown>
  onFailure(what: string, error: unknown): void
}

type Ids =
  | 'requestConfirmation'
  | 'listConfirmations'
  | 'getConfirmation'
  | 'confirmRequest'
  | 'cancelConfirmation'

/** Returns the handlers for acts that need a second person. */
export function confirmationRoutes(dependencies: ConfirmationDependencies): Pick<Handlers, Ids> {
  const { confirmations, areas, assertAllowed } = dependencies
  return {
    async requestConfirmation({ actor, session, body: given }) {
      const { operationId, pathParameters } = given
      const operation = findOperation(operationId)
      await assertAllowed(operation, session, pathParameters)
      const { params, body } = checkAct(operation, given)
      if (operation.secondPerson === undefined || !needsSecondPerson(areas, operation, body)) throw unneeded()
      return confirmations.request({ operationId, pathParameters: params, ...(body && { body }) }, actor)
    },
    listConfirmations: ({ query }) => confirmations.list(query),
    getConfirmation: ({ params }) => confirmations.get(params.confirmationId),
    cancelConfirmation: ({ actor, params }) => confirmations.cancel(params.confirmationId, actor),
    async confirmRequest(request) {
      const act = await confirmations.confirm(request.params.confirmationId, request.actor)
      return confirmations.settle(act.id, await runAct(dependencies, act, request))
    },
  }
}

/** Does a confirmed act on behalf of who asked for it; returns why it was refused, if it was. */
async function runAct(
  { run, confirmations, assertAllowed, onFailure }: ConfirmationDependencies,
  act: ConfirmedAct,
  request: Parameters<Handlers['confirmRequest']>[0],
): Promise<ConfirmationView['problem']> {
  try {
    const operation = findOperation(act.operationId)
    const operator = await confirmations.findOperator(act.requestedBy.id)
    // Who asked may have lost the role since.
    if (operator === undefined)
      throw new PosternError('forbidden', 'Who asked for this is no operator any more.')
    // Who asked met the demand for a second factor then, and who confirms meets it now.
    const { secondFactor } = request.session
    const session: Session = { ...operator, secondFactor, secondFactorFor: null, signedInBy: null }
    await assertAllowed(operation, session, act.pathParameters)
    const { params, body } = checkAct(operation, act)
    const { headers, client, signal } = request
    const own = { actor: act.requestedBy, session, organization: undefined, environment: undefined }
    const again = { ...own, params, query: {}, body, headers, client, signal }
    await confirmations.run(act, () => run(operation, again as unknown as Request<Operation>))
    return null
  } catch (error) {
    if (error instanceof PosternError) return { code: error.code, detail: error.message }
    onFailure('run-confirmed-act', error)
    return { code: 'internal_error', detail: 'It failed. Check what was done before you ask for it again.' }
  }
}

/** Returns path parameters and body as the operation itself takes them. Throws `not_found` and `bad_request`. */
function checkAct(
  operation: Operation,
  { pathParameters, body }: Pick<ConfirmedAct, 'pathParameters' | 'body'>,
): { params: Record<string, string>; body: Record<string, unknown> | undefined } {
  return {
    params: (checkParams(operation, pathParameters) ?? {}) as Record<string, string>,
    body: checkInput(operation.body, body, 'body') as Record<string, unknown> | undefined,
  }
}

function findOperation(operationId: string): Operation {
  const found = Object.values<Operation>(operations).find(({ id }) => id === operationId)
  if (found?.secondPerson !== undefined) return found
  throw new InputError('body', [
    {
      path: ['operationId'],
      code: 'unknown_value',
      rule: 'names no operation that can need a second person',
    },
  ])
}

const unneeded = () =>
  new PosternError('conflict', 'Nobody has to confirm this: call the operation itself. Nothing was done.')
