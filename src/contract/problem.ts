import { z } from 'zod'
import { TraceId } from './common.ts'
import { fieldErrorCodes } from './field-error-codes.ts'
import { ErrorCode } from './open-code.ts'
import { secondFactors } from './second-factor.ts'
import { StepUpAct } from './step-up.ts'

/** The parts of a request that a field error can be about. */
export const inputPlaces = ['body', 'query', 'path', 'header'] as const
export type InputPlace = (typeof inputPlaces)[number]

/** One part of a request that was not accepted. */
export const FieldError = z
  .object({
    in: z.enum(inputPlaces),
    pointer: z.string().meta({
      description:
        'Where it stands, as a JSON Pointer (RFC 6901): `/contacts/0` in a body, `/limit` for a query parameter, and empty for the whole body.',
    }),
    code: z.string().meta({
      description: 'Which rule it breaks. Later releases may add codes.',
      'x-extensible-enum': fieldErrorCodes,
    }),
    message: z
      .string()
      .meta({ description: 'The rule for a person, as a sentence to show beside the field.' }),
  })
  .meta({ id: 'FieldError' })
export type FieldError = z.output<typeof FieldError>

/** RFC 9457 problem details, the body of every error response. */
export const Problem = z
  .object({
    type: z.string().meta({
      description: 'The absolute URI of a page about the code: what it means, and what to do.',
      format: 'uri',
    }),
    title: z.string().meta({ description: 'The meaning of the code, the same each time.' }),
    status: z.number().int().meta({ description: 'The HTTP status.' }),
    code: ErrorCode,
    detail: z.string().meta({ description: 'What happened and what to do, for a person.' }),
    traceId: TraceId,
    errors: z
      .array(FieldError)
      .optional()
      .meta({ description: 'The parts of the request that were not accepted, at most 50.' }),
    stepUp: StepUpAct.optional().meta({
      description:
        'With `step_up_required`: for what the user has to prove again who they are. Send it to `proveStepUp` with a proof, and repeat the request with the token.',
    }),
    secondFactors: z.array(z.enum(secondFactors)).optional().meta({
      description: 'With the code `second_factor_required`: the factors that can complete the sign-in.',
    }),
  })
  .meta({ id: 'Problem', description: 'Problem details (RFC 9457).' })
export type Problem = z.output<typeof Problem>
