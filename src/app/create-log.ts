import { pino } from 'pino'
import type { Config } from '../config/config.ts'

/** The log of a part: one JSON object a line, on standard error where not written elsewhere. */
export const createLog = (
  name: 'portal' | 'gateway' | 'publication',
  { log: { level } }: Pick<Config, 'log'>,
  destination: pino.DestinationStream = pino.destination(2),
): pino.Logger => pino({ name, level, serializers: { err: describeError } }, destination)

/** Class 22 of SQLSTATE: PostgreSQL repeats the value in its message. */
const dataState = /^22[0-9A-Z]{3}$/

/**
 * Returns what is logged of an error: its kind, code, message and stack. Omits other fields of PostgreSQL,
 * and messages that repeat a value: data of a row, a part of a query.
 */
export function describeError(error: unknown): object {
  if (!(error instanceof Error)) return { type: typeof error }
  const { name, message, stack = '' } = error
  const { code, detail } = error as { code?: unknown; detail?: unknown }
  const hasValue = dataState.test(String(code))
  const own = error.name === 'PosternError' && typeof detail === 'string' ? { detail } : {}
  return {
    type: name,
    ...(typeof code === 'string' && { code }),
    ...own,
    message: hasValue ? 'The store has rejected a value.' : message,
    stack: stack.slice(Math.max(0, stack.indexOf('\n    at '))),
    ...(error.cause === undefined ? {} : { cause: describeError(error.cause) }),
  }
}
