import { createPageSchema, PageQuery } from './common.ts'
import { ConfirmationParams, ConfirmationView, NewConfirmation } from './confirmation.ts'
import { operation } from './operation.ts'

/** Operations on acts that need a second person. */
export const confirmationOperations = {
  requestConfirmation: operation({
    id: 'requestConfirmation',
    summary: 'Ask another operator to confirm an act',
    method: 'POST',
    path: '/confirmations',
    access: 'operator',
    body: NewConfirmation,
    reply: ConfirmationView,
    status: 201,
    creates: 'getConfirmation',
    errors: ['conflict', 'not_found'],
  }),
  listConfirmations: operation({
    id: 'listConfirmations',
    summary: 'List acts that need a second person, newest first',
    method: 'GET',
    path: '/confirmations',
    access: 'operator',
    query: PageQuery,
    reply: createPageSchema(ConfirmationView),
  }),
  getConfirmation: operation({
    id: 'getConfirmation',
    summary: 'Get one act that needs a second person',
    method: 'GET',
    path: '/confirmations/:confirmationId',
    access: 'operator',
    params: ConfirmationParams,
    reply: ConfirmationView,
  }),
  confirmRequest: operation({
    id: 'confirmRequest',
    summary: 'Confirm an act of another operator, and do it',
    method: 'POST',
    path: '/confirmations/:confirmationId/confirm',
    access: 'operator',
    stepUp: true,
    params: ConfirmationParams,
    reply: ConfirmationView,
    changes: 'getConfirmation',
    errors: ['confirmation_own', 'confirmation_over'],
  }),
  cancelConfirmation: operation({
    id: 'cancelConfirmation',
    summary: 'Cancel an act that waits for a second person',
    method: 'POST',
    path: '/confirmations/:confirmationId/cancel',
    access: 'operator',
    params: ConfirmationParams,
    reply: ConfirmationView,
    changes: 'getConfirmation',
    errors: ['confirmation_over'],
  }),
}
