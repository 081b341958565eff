import type { Operation } from '../../../src/contract/operation.ts'
import { operations } from '../../../src/contract/operations.ts'
import { ApiError, isDenial } from './api-error.ts'

/**
 * Sends a request; if another operator has to confirm it, asks for that by `request`. What was asked for is an error
 * all the same, since nothing is done yet.
 */
export async function sendForSecondPerson<T>(
  { id }: Operation,
  { params = {}, body }: { params?: Record<string, unknown>; body?: unknown },
  send: () => Promise<T>,
  request: (operation: typeof operations.requestConfirmation, body: object) => Promise<unknown>,
): Promise<T> {
  try {
    return await send()
  } catch (error) {
    if (!isDenial(error, 'second_person_required')) throw error
    await request(operations.requestConfirmation, {
      operationId: id,
      pathParameters: params,
      ...(body === undefined ? {} : { body }),
    })
    const { code, status } = error
    throw new ApiError({
      ...{ code, status },
      detail:
        'It was asked for, and nothing is done yet: another operator finds it under Operate → Confirmations for 24 hours.',
    })
  }
}
