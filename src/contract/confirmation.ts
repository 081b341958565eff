import { z } from 'zod'
import { ActorView } from './actor.ts'
import { Timestamp } from './common.ts'
import { ConfirmationId } from './ids.ts'

/** What a second operator has to confirm where the configuration says so. */
export const secondPersonAreas = ['approvals', 'certificate-authorities', 'bulk-revocations'] as const
export type SecondPersonArea = (typeof secondPersonAreas)[number]

/**
 * `waiting` for another operator; `running` from the confirmation until the act is done; `failed` where the act was
 * denied after the confirmation, or the portal was stopped before it was done.
 */
const confirmationStatuses = ['waiting', 'running', 'done', 'failed', 'cancelled', 'expired'] as const

export const ConfirmationParams = z.object({ confirmationId: ConfirmationId })

/** An act as the request of its operation would have it. */
export const NewConfirmation = z
  .object({
    operationId: z.string().min(1).max(100).meta({
      description: 'The operation that needs a second person.',
      example: 'rotateCertificateAuthority',
    }),
    pathParameters: z.record(z.string(), z.string().max(200)).meta({
      description: 'The values of its path parameters, by name; empty if it has none.',
    }),
    body: z.looseObject({}).optional().meta({ description: 'The body of its request, if it takes one.' }),
  })
  .meta({ id: 'NewConfirmation' })
export type NewConfirmation = z.output<typeof NewConfirmation>

/** An act of one operator that another one has to confirm. */
export const ConfirmationView = z
  .object({
    id: ConfirmationId,
    status: z.enum(confirmationStatuses),
    pathParameters: z.record(z.string(), z.string()),
    operationId: z.string(),
    body: z.looseObject({}).nullable(),
    requestedBy: ActorView,
    requestedAt: Timestamp,
    expiresAt: Timestamp,
    decidedBy: ActorView.nullable(),
    decidedAt: Timestamp.nullable(),
    problem: z
      .object({ code: z.string(), detail: z.string() })
      .nullable()
      .meta({ description: 'Why the act was not done after the confirmation.' }),
  })
  .meta({ id: 'Confirmation' })
export type ConfirmationView = z.output<typeof ConfirmationView>
