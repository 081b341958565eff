import { factorOperations } from '../contract/factor-operations.ts'
import type { Operation } from '../contract/operation.ts'
import { operations } from '../contract/operations.ts'
import { type StepUpAct, type StepUpMethod, toStepUpObject } from '../contract/step-up.ts'
import { PosternError } from '../errors.ts'
import { checkParams } from '../http/check-input.ts'
import { CookieReply, type Handlers, type Session } from '../http/handler.ts'
import { InputError } from '../http/input-error.ts'
import { assertOnePersonSuffices, type SecondPersonAreas } from '../http/require-second-person.ts'
import { toText } from '../shapes/moment.ts'
import type { Accept, Factors } from './factors/factors-store.ts'
import type { SignInGuard } from './guard-sign-in.ts'
import { hashToken } from './session-store.ts'
import type { ProofOwner, StepUpStore } from './step-up-store.ts'

interface Dependencies {
  identity: {
    identifySession(headers: Headers): string | undefined
    verifyPassword(userId: string, password: string): Promise<boolean>
  }
  factors: Pick<Factors, 'beginAssertion' | 'checkStepUp' | 'listStepUpMethods'>
  guard: SignInGuard
  stepUpProofs: StepUpStore
  secondPerson: SecondPersonAreas
  /** Throws unless the user may call the operation with these path parameters. */
  assertAllowed(
    operation: Operation,
    session: Session,
    pathParameters: Readonly<Record<string, string>>,
  ): Promise<unknown>
}

/** Returns the handlers with which a signed-in user proves again who they are. */
export function stepUpRoutes(dependencies: Dependencies): Pick<Handlers, 'beginStepUp' | 'proveStepUp'> {
  const { identity, factors, guard, stepUpProofs, secondPerson, assertAllowed } = dependencies

  const readAct = async (session: Session, { operationId, pathParameters }: StepUpAct, headers: Headers) => {
    const operation = findOperation(operationId)
    // As in a request of the operation, so that nothing is told of what is not there for the user.
    await assertAllowed(operation, session, pathParameters)
    const object = checkParams(operation, pathParameters) ?? {}
    const key = identity.identifySession(headers)
    if (key === undefined) throw new PosternError('forbidden', 'Only a user who is signed in may do this.')
    const owner = { userId: session.userId, session: key, operationId, object: toStepUpObject(object) }
    const methods = await factors.listStepUpMethods(session.userId, {
      // The provider of an organization signs in without the factors of the account.
      isProven: session.secondFactor !== null,
      passwordSuffices: isRecovery(session, operation),
    })
    return { operation, object, owner, methods }
  }

  return {
    async beginStepUp({ session, body, headers }) {
      const { operation, owner, methods } = await readAct(session, body, headers)
      // Who has to ask for another operator anyway proves nothing first.
      assertOnePersonSuffices(secondPerson, operation, undefined)
      if (!methods.includes('passkey')) return { methods, passkey: null }
      const { options, cookie } = await factors.beginAssertion({
        ...{ kind: 'step_up', userId: session.userId, act: hashOf(owner) },
      })
      return new CookieReply([cookie], { methods, passkey: options })
    },
    async proveStepUp({ actor, session, body, headers }) {
      const { proof, operationId } = body
      const { object, owner, methods } = await readAct(session, body, headers)
      if (proof.method === 'password' && !methods.includes('password')) throw passwordTooWeak()
      const audit = {
        ...{ actor, action: 'person.step_up_proven', organizationId: null },
        ...{ subjectKind: 'person', subjectId: actor.id },
        after: { operationId, pathParameters: object, method: proof.method },
      }
      // A session counts as a known device: guessing from elsewhere does not slow it down.
      const attempt = { email: session.email, device: `session of ${session.userId}`, address: undefined }
      const { token, expiresAt } = await guard.run(attempt, async () => {
        try {
          return await stepUpProofs.issue(owner, audit, await check(dependencies, owner, proof, headers))
        } catch (error) {
          throw isWrongFactor(error) ? failed(error.message) : error
        }
      })
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

/** Returns whether a user who signed in with a recovery code changes factors: the others may be lost. */
const isRecovery = ({ secondFactor }: Session, { id, access }: Operation): boolean =>
  secondFactor === 'recovery_code' && access === 'signed-in' && id in factorOperations

/** The challenge of a passkey is for the same as the proof. */
const hashOf = ({ session, operationId, object }: ProofOwner): string =>
  hashToken([session, operationId, object].join('\n'))

/** Checks what a user gives; returns what uses it up. */
async function check(
  { identity, factors }: Dependencies,
  owner: ProofOwner,
  proof: StepUpMethod,
  headers: Headers,
): Promise<Accept> {
  if (proof.method !== 'password')
    return factors.checkStepUp(owner.userId, proof, { act: hashOf(owner), headers })
  if (await identity.verifyPassword(owner.userId, proof.password)) return async () => undefined
  throw failed('The password is wrong. Check it, and try again.')
}

/** At sign-in the code would say that the session is not there. */
const isWrongFactor = (error: unknown): error is PosternError =>
  error instanceof PosternError && error.code === 'second_factor_failed'

const failed = (what: string) => new PosternError('step_up_failed', `${what} Nothing was done.`)

const passwordTooWeak = () =>
  new PosternError(
    'step_up_factor_needed',
    'A second factor is demanded of you, or this session began without yours. Use your passkey or authenticator app: the password does not suffice.',
  )
