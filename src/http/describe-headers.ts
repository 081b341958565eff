import type { Operation } from '../contract/operation.ts'
import { findRepresented, isTagged } from '../contract/resources.ts'
import { stepUpHeader } from '../contract/step-up.ts'
import type { Json } from './describe-schema.ts'

const text = { type: 'string' }
const header = (name: string, description: string, schema: Json = text): Json => ({
  name,
  in: 'header',
  required: false,
  description,
  schema,
})

/** Returns the header parameters of an operation in the OpenAPI document. */
export function describeRequestHeaders(operation: Operation): Json[] {
  const { creates, changes, stepUp } = operation
  return [
    ...(creates === undefined
      ? []
      : [
          header(
            'Idempotency-Key',
            'A string of your own, such as a UUID in quotation marks. For 24 hours, a request with the same key and body gets the same answer, and nothing is created twice.',
            { type: 'string', minLength: 1, maxLength: 513 },
          ),
        ]),
    ...(changes === undefined
      ? []
      : [
          header(
            'If-Match',
            'The `ETag` that you have read. If it is no longer the present one, nothing is done (412).',
          ),
        ]),
    ...(stepUp
      ? [
          header(
            stepUpHeader,
            'The token that `proveStepUp` has answered for this operation and these path parameters. It is used up by the change; a dry run needs none.',
          ),
        ]
      : []),
    ...(isTagged(operation)
      ? [
          header(
            'If-None-Match',
            'The `ETag` that you have. If it is the present one, the answer is 304 without a body.',
          ),
        ]
      : []),
  ]
}

/** Returns the headers of the successful answer of an operation in the OpenAPI document. */
export function describeAnswerHeaders(operation: Operation): Json {
  const resource = findRepresented(operation)
  if (resource === undefined) return {}
  const { creates, reply } = operation
  return {
    ...(reply === null ? {} : { ETag: answer('The entity tag of the representation (RFC 9110).') }),
    ...(creates === undefined
      ? {}
      : {
          Location: answer('The path of what was created.'),
          'Idempotent-Replayed': answer('`true` in a further answer to one `Idempotency-Key`.'),
        }),
    ...(resource.pending === undefined || reply === null
      ? {}
      : { 'Retry-After': answer(describePending(resource.pending), 'integer') }),
  }
}

const answer = (description: string, type = 'string'): Json => ({ description, schema: { type } })

const describePending = ({ member, values }: NonNullable<Operation['pending']>): string =>
  `After how many seconds to read again, while \`${member}\` is ${values.map((value) => `\`${value}\``).join(' or ')}.`
