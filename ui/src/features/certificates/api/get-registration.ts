import { queryOptions } from '@tanstack/react-query'
import { operations } from '../../../../../src/contract/operations.ts'
import { call } from '../../../lib/call.ts'

/** A registration of an organization. */
export interface RegistrationKey {
  organization: string
  registrationId: string
}

const askMs = 1000

/** Queries one registration, repeatedly while it waits for a request. */
export const registrationQuery = ({ organization, registrationId }: RegistrationKey) =>
  queryOptions({
    queryKey: ['registration', organization, registrationId],
    queryFn: ({ signal }) =>
      call(operations.getRegistration, { params: { organization, registrationId }, query: {}, signal }),
    refetchInterval: ({ state }) => (state.data?.status === 'pending' ? askMs : false),
  })
