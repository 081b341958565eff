import { type ErrorCode, isErrorCode } from '../contract/error-codes.ts'
import { errorStatus } from '../contract/error-status.ts'
import { errorPage, errorTitles } from '../contract/error-titles.ts'
import type { Problem } from '../contract/problem.ts'
import { PosternError } from '../errors.ts'
import { isProxyHeader, proxyHeaderFound } from '../proxy-header.ts'
import { SecondFactorRequired } from '../shapes/second-factor-required.ts'
import { tellClients } from '../storage/describe-store-problem.ts'
import { findStoreProblem } from '../storage/engine.ts'
import { InputError } from './input-error.ts'
import { StepUpError } from './require-step-up.ts'

/** An error as it is answered: problem details (RFC 9457) with a code of the API. */
export interface ApiProblem extends Problem {
  code: ErrorCode
}

/**
 * Returns the problem details of an error. `portalUrl` is the address of the pages about codes. An error whose code is
 * not one of the API is answered as `internal_error`.
 */
export function toProblem(
  error: unknown,
  { traceId, portalUrl }: { traceId: string; portalUrl: string },
): ApiProblem {
  const { code, sentence } = describeError(error)
  return {
    type: errorPage(portalUrl, code),
    title: errorTitles[code],
    status: errorStatus[code],
    code,
    detail: sentence,
    traceId,
    ...(error instanceof InputError ? { errors: error.errors } : {}),
    ...(error instanceof StepUpError ? { stepUp: error.act } : {}),
    ...(error instanceof SecondFactorRequired ? { secondFactors: error.factors } : {}),
  }
}

function describeError(error: unknown): Description {
  if (error instanceof PosternError) {
    // The token was asked with the PIN that the process started with.
    const code = error.code === 'hsm_pin_refused' ? 'issuer_unavailable' : error.code
    return isErrorCode(code) ? { code, sentence: error.message } : unexpected
  }
  const trouble = findStoreProblem(error)
  if (trouble !== undefined) return { code: 'storage_unavailable', sentence: tellClients(trouble).sentence }
  return describeLibraryError((error ?? {}) as LibraryError) ?? unexpected
}

/** An error of the framework or of Node's HTTP parser. */
interface LibraryError {
  statusCode?: number
  code?: string
  /** The bytes at which the parser failed. */
  rawPacket?: Buffer
}

interface Description {
  code: ErrorCode
  sentence: string
}

const unexpected: Description = {
  code: 'internal_error',
  sentence:
    'Something went wrong in Postern. Nothing was changed unless you see it. Try again; if it fails again, give the trace ID to the operator.',
}

const tooLarge: Description = {
  code: 'body_too_large',
  sentence: 'The request is larger than Postern accepts here.',
}

const targetTooLong: Description = {
  code: 'target_too_long',
  sentence: 'The address is too long. Shorten it, or send what is long in a body.',
}

const byCode: Record<string, Description> = {
  FST_ERR_BAD_URL: {
    code: 'bad_request',
    sentence: 'The address holds a percent sign that encodes nothing. Encode it as UTF-8 text.',
  },
  FST_ERR_MAX_PARAM_LENGTH: targetTooLong,
  HPE_HEADER_OVERFLOW: {
    code: 'headers_too_large',
    sentence: 'The headers of the request are too large. Send at most 16 KiB of them.',
  },
  HPE_CHUNK_EXTENSIONS_OVERFLOW: tooLarge,
  HPE_INVALID_URL: {
    code: 'bad_request',
    sentence:
      'The address has characters that no address has: letters outside of ASCII, or control characters. Percent-encode them as UTF-8.',
  },
  ERR_HTTP_REQUEST_TIMEOUT: {
    code: 'request_timeout',
    sentence: 'The request did not arrive in time. Send it at once.',
  },
}

const byStatus: Record<number, Description> = {
  413: tooLarge,
  415: {
    code: 'unsupported_media_type',
    sentence: 'Postern does not read bodies of this type here. Set the header Content-Type as documented.',
  },
  429: { code: 'too_many_requests', sentence: 'Too many attempts. Wait a minute and try again.' },
}

/** RFC 9110, section 9.1: a method name is a token, even if the parser does not know it. */
const requestLine = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,40} [^ \r\n]+ HTTP\/1\.[01]\r?\n/
const longLine = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,40} [^ \r\n]{8000}/

function describeLibraryError({
  code = '',
  statusCode = 500,
  rawPacket,
}: LibraryError): Description | undefined {
  if (rawPacket !== undefined && isProxyHeader(rawPacket))
    return { code: 'proxy_header_unexpected', sentence: proxyHeaderFound }
  const read = rawPacket?.toString('latin1') ?? ''
  if (code === 'HPE_INVALID_METHOD' && requestLine.test(read))
    return {
      code: 'method_unknown',
      sentence: 'Postern does not know this method. Methods are case-sensitive.',
    }
  // The parser limits the request line and the headers together.
  if (code === 'HPE_HEADER_OVERFLOW' && longLine.test(read)) return targetTooLong
  const known = byCode[code] ?? byStatus[statusCode]
  if (known !== undefined) return known
  if (code.startsWith('HPE_'))
    return {
      code: 'bad_request',
      sentence:
        'The request is not HTTP/1.1 as RFC 9112 has it. Send one length, header lines that end in CRLF, and no white space before colons.',
    }
  if (statusCode < 400 || statusCode >= 500) return undefined
  return {
    code: 'bad_request',
    sentence: 'The request could not be read: send JSON with the header Content-Type: application/json.',
  }
}
