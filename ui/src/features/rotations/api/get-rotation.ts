import { queryOptions } from '@tanstack/react-query'
import { operations } from '../../../../../src/contract/operations.ts'
import { call } from '../../../lib/call.ts'

/** A certificate of an organization. */
export interface RotationKey {
  organization: string
  certificateId: string
}

const pollMs = 2000

/** Queries the rotation of a certificate, again and again while its page is open. */
export const rotationQuery = ({ organization, certificateId }: RotationKey) =>
  queryOptions({
    queryKey: ['rotation', organization, certificateId],
    queryFn: ({ signal }) =>
      call(operations.getRotation, { params: { organization, certificateId }, signal }),
    refetchInterval: pollMs,
  })
