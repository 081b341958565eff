import { useMutation, useQueryClient } from '@tanstack/react-query'
import type { Sent } from '../../../../../src/contract/operation.ts'
import { operations } from '../../../../../src/contract/operations.ts'
import { call } from '../../../lib/call.ts'
import { type RotationKey, rotationQuery } from './get-rotation.ts'

/** Retires a certificate, or decides when; `name` is its name. */
export function useRetireCertificate(params: RotationKey, name: string) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (body: Sent<typeof operations.retireCertificate>['body']) =>
      call(operations.retireCertificate, { params, body, about: name }),
    onSuccess(rotation) {
      queries.setQueryData(rotationQuery(params).queryKey, rotation)
      // The page may have been opened from the replacement.
      for (const queryKey of [['rotation'], ['rotations'], ['certificate', params.organization]])
        void queries.invalidateQueries({ queryKey })
    },
  })
}
