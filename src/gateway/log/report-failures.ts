import type { DenialCode } from '../../contract/denial-codes.ts'
import type { PosternCode } from '../../contract/postern-code.ts'
import type { Log } from './log.ts'
import { createRareReport } from './report-rarely.ts'

const maxCauseCharacters = 200
/** Lines a minute for errors that were thrown at one place of the code. A client may be able to cause one at will. */
const maxOfPlace = 10
/** Places that are told apart. */
const maxPlaces = 100

/** Denials that only the client can cause. */
const clients: ReadonlySet<string> = new Set<DenialCode>(['bad_request', 'client_gone', 'upstream_busy'])

/** The request that failed. */
interface FailedRequest {
  readonly traceId: string
  readonly environment: { readonly name: string }
}

/**
 * Logs requests without a complete response, and other work that failed. A line has the trace ID of the request
 * and none of its content. Each place that throws is limited separately, so that one error cannot hide another.
 */
export function createFailureReport(log: Log, clock: { now(): number }) {
  const reportUpstream = createRareReport(log, clock)
  const reportProxy = createRareReport(log, clock)
  const report = createRareReport(log, clock, maxOfPlace)
  const places = new Set<string>()
  /** Errors that have a line: one may come by more than one way, or as the cause of another. */
  const told = new WeakSet<Error>()

  const unexpected = (error: unknown, details: object, sentence: string): void => {
    if (error instanceof Error) {
      if (told.has(error) || (error.cause instanceof Error && told.has(error.cause))) return
      told.add(error)
    }
    const place = placeOf(error)
    if (places.size < maxPlaces) places.add(place)
    const key = places.has(place) ? place : 'elsewhere'
    report('error', key, 1, { details: { kind: 'internal_error', ...details, err: error }, sentence })
  }
  return {
    /** Something was thrown that Postern does not know, while a request was answered. */
    failed: ({ environment, traceId }: FailedRequest, error: unknown): void =>
      unexpected(error, { environment: environment.name, traceId }, 'A call could not be answered.'),
    /** Something was thrown that Postern does not know, by the work that `sentence` names. */
    workFailed: (error: unknown, sentence: string): void => unexpected(error, {}, sentence),
    /** Called when a connection of a load balancer did not begin with a usable header of the PROXY protocol. */
    proxyHeaderFailed(
      address: string,
      { problem, explanation }: { problem: string; explanation: string },
    ): void {
      reportProxy('error', `proxy_header_${problem}`, 1, {
        details: { address, cause: explanation },
        sentence:
          'A connection was closed, because gateway.proxyProtocolFrom names its address and it began without a valid header of the PROXY protocol. Switch the PROXY protocol on in the load balancer, or remove its address from the setting.',
      })
    },
    /** Called when the upstream sent no response that can be forwarded, or broke off within one. */
    upstreamFailed(
      { environment, traceId }: FailedRequest,
      code: PosternCode | 'answer_cut_off',
      error: NodeJS.ErrnoException,
    ): void {
      if (isOwnMistake(error))
        unexpected(
          error,
          { environment: environment.name, traceId },
          'An answer of the upstream could not be passed on.',
        )
      if (clients.has(code)) return
      const cause = `${error.code ?? error.name}: ${error.message}`.slice(0, maxCauseCharacters)
      reportUpstream('warn', `${code} ${environment.name}`, 1, {
        details: { environment: environment.name, traceId, cause },
        sentence: 'The upstream gave no answer that can be passed on, or not the whole of it.',
      })
    },
  }
}

export type FailureReport = ReturnType<typeof createFailureReport>

/** Where an error was thrown: the first line of its stack. */
const placeOf = (error: unknown): string =>
  (error instanceof Error && /\n\s+at (.*)/.exec(error.stack ?? '')?.[1]) || typeof error

/** Whether an error is one of the language itself. Node and undici give codes to what networks and peers cause. */
const isOwnMistake = (error: NodeJS.ErrnoException): boolean =>
  error.code === undefined &&
  (error instanceof TypeError || error instanceof RangeError || error instanceof ReferenceError)
