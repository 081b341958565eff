import { isDryRun } from '../contract/dry-run.ts'
import type { Operation } from '../contract/operation.ts'
import { type StepUpAct, stepUpHeader, toStepUpObject } from '../contract/step-up.ts'
import { PosternError } from '../errors.ts'
import type { Tx } from '../storage/transact.ts'
import type { Request } from './handler.ts'

/** A step-up proof as a request presents it: with the user, the session, the act and the object that it must be for. */
export interface PresentedProof {
  token: string
  userId: string
  /** The hash of the token of the session. */
  session: string
  operationId: string
  object: string
}

/** What requests need to present step-up proofs. */
export interface StepUpDependencies {
  stepUpProofs: {
    /** Returns whether a proof is valid now. */
    isValid(proof: PresentedProof): Promise<boolean>
    /** Uses a proof up; returns false if it is not valid any more. */
    spend(tx: Tx, proof: PresentedProof): Promise<boolean>
  }
  identifySession(headers: Headers): string | undefined
}

/** An act that needs a step-up proof. */
export class StepUpError extends PosternError {
  readonly act: StepUpAct

  constructor(act: StepUpAct) {
    super(
      'step_up_required',
      `Prove again who you are: send \`stepUp\` of this answer with a proof to proveStepUp, then repeat the request with its token in the header ${stepUpHeader}.`,
    )
    this.act = act
  }
}

/**
 * Checks the step-up proof of a request, and returns what uses it up in the transaction of the change; undefined if the
 * request needs none. Throws `forbidden` for who has no session, such as an API key, `step_up_required` and
 * `step_up_invalid`.
 */
export async function requireStepUp(
  { stepUpProofs: proofs, identifySession }: StepUpDependencies,
  { id, stepUp }: Operation,
  {
    actor,
    body,
    headers,
    params,
  }: Pick<Request<Operation>, 'actor' | 'headers'> & {
    body: unknown
    params: Record<string, string> | undefined
  },
): Promise<((tx: Tx) => Promise<void>) | undefined> {
  if (stepUp === undefined || isDryRun(body)) return undefined
  const session = identifySession(headers)
  if (session === undefined || actor.kind === 'api_key') throw onlyUsers()
  const token = headers.get(stepUpHeader)
  if (token === null) throw new StepUpError({ operationId: id, pathParameters: params ?? {} })
  const proof = {
    token,
    session,
    userId: actor.id,
    operationId: id,
    object: toStepUpObject(params ?? {}),
  }
  if (!(await proofs.isValid(proof))) throw invalid()
  return async (tx) => {
    // Of two requests with one proof, the second one finds it used.
    if (!(await proofs.spend(tx, proof))) throw invalid()
  }
}

const onlyUsers = () =>
  new PosternError(
    'forbidden',
    'Only a user who is signed in may do this: it needs a step-up proof, which an API key cannot give.',
  )

const invalid = () =>
  new PosternError(
    'step_up_invalid',
    'The step-up proof was used before, has expired, or is for another operation, object or session. Get a new one from proveStepUp.',
  )
