import { useMutation, useQueryClient } from '@tanstack/react-query'
import type { Sent } from '../../../../../src/contract/operation.ts'
import { operations } from '../../../../../src/contract/operations.ts'
import { call } from '../../../lib/call.ts'
import { keepSecret } from '../session-secrets.ts'

type Input = Sent<typeof operations.rotateCredentialSecret>

/** Adds a new secret. Only this response has it; the page keeps it until it is reloaded. */
export function useRotateCredentialSecret(params: Input['params'], name: string) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (body: Input['body']) =>
      call(operations.rotateCredentialSecret, { params, body, about: name }),
    gcTime: 0,
    onSuccess: ({ id, clientSecret }) => {
      if (clientSecret !== null) keepSecret(id, clientSecret)
      return queries.invalidateQueries({ queryKey: ['credentials'] })
    },
  })
}
