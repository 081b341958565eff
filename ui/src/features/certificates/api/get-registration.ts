import { queryOptions } from '@tanstack/react-query'
import { operations } from '../../../../../src/contract/operations.ts'
import { call } from '../../../lib/call.ts'

/** Which registration of which organization. */
export interface RegistrationKey {
  organization: string
  registrationId: string
}

const askMilliseconds = 1000

/** One registration; asked again and again while it waits for a call. */
export const registrationQuery = ({ organization, registrationId }: RegistrationKey) =>
  queryOptions({
    queryKey: ['registration', organization, registrationId],
    queryFn: ({ signal }) =>
      call(operations.getRegistration, { params: { organization, registrationId }, signal }),
    refetchInterval: ({ state }) => (state.data?.status === 'waiting' ? askMilliseconds : false),
  })
