import type { Operation } from '../contract/operation.ts'
import { operations } from '../contract/operations.ts'
import { type StepUpAct, type StepUpMethod, toStepUpObject } from '../contract/step-up.ts'
import { PosternError } from '../errors.ts'
import { checkParams } from '../http/check-input.ts'
import type { Handlers, Session } from '../http/handler.ts'
import { InputError } from '../http/input-error.ts'
import { toText } from '../shapes/moment.ts'
import type { SignInGuard } from './guard-sign-in.ts'
import type { StepUpStore } from './step-up-store.ts'

/** Verifies by each method that a user is who they say. */
interface StepUpVerifier {
  verifyPassword(userId: string, password: string): Promise<boolean>
}

interface Dependencies {
  identity: StepUpVerifier & { identifySession(headers: Headers): string | undefined }
  guard: SignInGuard
  stepUpProofs: StepUpStore
  /** Throws unless the user may call the operation with these path parameters. */
  assertAllowed(
    operation: Operation,
    session: Session,
    pathParameters: Readonly<Record<string, string>>,
  ): Promise<unknown>
}

/** Returns the handler with which a signed-in user proves again who they are. */
export function stepUpRoutes({
  identity,
  guard,
  stepUpProofs,
  assertAllowed,
}: Dependencies): Pick<Handlers, 'proveStepUp'> {
  return {
    async proveStepUp({ actor, session, body, headers }) {
      const { operationId, pathParameters, proof } = body
      const operation = findOperation(operationId)
      // As in a request of the operation, so that nothing is told of what is not there for the user.
      await assertAllowed(operation, session, pathParameters)
      const object = checkParams(operation, pathParameters) ?? {}
      const key = identity.identifySession(headers)
      if (key === undefined) throw new PosternError('forbidden', 'Only a user who is signed in may do this.')
      // A session counts as a known device: guessing from elsewhere does not slow it down.
      const attempt = { email: session.email, device: `session of ${session.userId}`, address: undefined }
      await guard.run(attempt, async () => {
        if (!(await verify(identity, session.userId, proof))) throw failed()
      })
      const { token, expiresAt } = await stepUpProofs.issue(
        { userId: session.userId, session: key, operationId, object: toStepUpObject(object) },
        {
          actor,
          action: 'person.step_up_proven',
          organizationId: null,
          subjectKind: 'person',
          subjectId: actor.id,
          after: { operationId, pathParameters: object, method: proof.method } satisfies StepUpAct & {
            method: string
          },
        },
      )
      return { token, expiresAt: toText(expiresAt) }
    },
  }
}

function findOperation(operationId: string): Operation {
  const found = Object.values<Operation>(operations).find(({ id }) => id === operationId)
  if (found?.stepUp) return found
  throw new InputError('body', [
    {
      path: ['operationId'],
      code: 'unknown_value',
      rule: 'names no operation that needs a step-up proof: send `stepUp` of the answer step_up_required',
    },
  ])
}

function verify(verifier: StepUpVerifier, userId: string, proof: StepUpMethod): Promise<boolean> {
  switch (proof.method) {
    case 'password':
      return verifier.verifyPassword(userId, proof.password)
  }
}

const failed = () =>
  new PosternError('step_up_failed', 'The password is wrong. Check it, and try again. Nothing was done.')
