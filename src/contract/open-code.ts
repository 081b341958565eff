import { z } from 'zod'
import { denialCodes } from './denial-codes.ts'
import { errorCodes } from './error-codes.ts'

/**
 * Returns the schema of a value that later releases may add to: any text. The document names the `known` ones, so that
 * a client generated today reads an answer of tomorrow.
 */
const openList = (id: string, known: readonly string[], description: string) =>
  z.string().meta({ id, description, 'x-extensible-enum': known })

/** The code of an error of the API. */
export const ErrorCode = openList(
  'ErrorCode',
  errorCodes,
  'The stable code of an error: branch on it. `type` of the problem leads to a page about it. Later releases may add codes: treat one that you do not know by its HTTP status.',
)

/** The cause of a denial, as a gateway has answered or recorded it. */
export const DenialCode = openList(
  'DenialCode',
  denialCodes,
  'The stable code of the cause for which a gateway denied a connection, a token request or a call. Later releases may add codes.',
)

const form = /^[a-z][a-z0-9_]{0,63}$/

/** A cause to look for; one that this release does not know has no denials. */
export const DenialCodeFilter = z
  .string()
  .regex(form, 'must be a code: lower-case letters, digits and underscores')
