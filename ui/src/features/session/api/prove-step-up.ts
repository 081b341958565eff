import { useMutation } from '@tanstack/react-query'
import { operations } from '../../../../../src/contract/operations.ts'
import type { StepUpAct, StepUpMethod } from '../../../../../src/contract/step-up.ts'
import { ApiError } from '../../../lib/api-error.ts'
import { call } from '../../../lib/call.ts'
import { askForPasskey } from '../passkey-dialog.ts'

/** What the user gives; for a passkey the browser asks. */
export type StepUpInput = Exclude<StepUpMethod, { method: 'passkey' }> | { method: 'passkey' }

/** Proves who the user is, for one act. */
export function useProveStepUp(act: StepUpAct) {
  return useMutation({
    mutationFn: async (input: StepUpInput) => {
      const proof = input.method === 'passkey' ? await getPasskeyProof(act) : input
      return call(operations.proveStepUp, { body: { ...act, proof }, form: false })
    },
    gcTime: 0,
  })
}

async function getPasskeyProof(act: StepUpAct): Promise<StepUpMethod> {
  // The challenge expires, and the dialog may have been open for long.
  const { passkey } = await call(operations.beginStepUp, { body: act, form: false })
  if (passkey === null)
    throw new ApiError({
      code: 'passkey_rejected',
      status: 0,
      detail: 'You have no passkey any more. Use another method.',
    })
  return { method: 'passkey', response: await askForPasskey(passkey) }
}
