import { operation } from './operation.ts'
import { StepUp, StepUpBeginning, StepUpChallenge, StepUpProof } from './step-up.ts'

/** The operations with which a signed-in user proves again who they are, before an act that asks for it. */
export const stepUpOperations = {
  beginStepUp: operation({
    id: 'beginStepUp',
    summary: 'How to prove again who you are, for one act on one object',
    method: 'POST',
    path: '/session/step-up-challenges',
    access: 'signed-in',
    body: StepUpBeginning,
    reply: StepUpChallenge,
    errors: [
      'second_factor_needed',
      'other_sign_in_needed',
      'second_person_required',
      'forbidden',
      'not_found',
      'organization_suspended',
      'organization_closed',
    ],
  }),
  proveStepUp: operation({
    id: 'proveStepUp',
    summary: 'Prove again who you are, for one act on one object',
    method: 'POST',
    path: '/session/step-up-proofs',
    access: 'signed-in',
    body: StepUp,
    reply: StepUpProof,
    status: 201,
    errors: [
      'step_up_failed',
      'step_up_factor_needed',
      'second_factor_needed',
      'other_sign_in_needed',
      'second_factor_locked',
      'passkey_challenge_expired',
      'forbidden',
      'not_found',
      'organization_suspended',
      'organization_closed',
    ],
  }),
}
