import { operation } from './operation.ts'
import { StepUp, StepUpProof } from './step-up.ts'

/** The operation with which a signed-in user proves again who they are, before an act that asks for it. */
export const stepUpOperations = {
  proveStepUp: operation({
    id: 'proveStepUp',
    summary: 'Prove again who you are, for one act on one object',
    method: 'POST',
    path: '/session/step-up-proofs',
    access: 'signed-in',
    body: StepUp,
    reply: StepUpProof,
    status: 201,
    errors: ['step_up_failed', 'forbidden', 'not_found', 'organization_suspended', 'organization_closed'],
  }),
}
