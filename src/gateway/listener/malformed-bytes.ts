import type { ErrorCode } from '../../contract/error-codes.ts'
import { isProxyHeader, proxyHeaderFound } from '../../proxy-header.ts'
import { encodeTarget, headersTooLarge, longTargetOctets, targetTooLong } from '../message/assert-head.ts'
import { findCodingProblem } from '../message/transfer-coding.ts'
import { methodUnknown } from '../request/allowed-methods.ts'

/** What Node's parser of HTTP/1.1 says of bytes that are no request. */
export interface ParserError {
  code?: string | undefined
  reason?: string
  /** What was read when it was noticed: most often the head from its first byte on. */
  rawPacket?: Buffer
}

/** What a client is told of bytes that are no request. */
export interface MalformedBytes {
  code: ErrorCode
  explanation: string
}

const malformed: MalformedBytes = {
  code: 'bad_request',
  explanation:
    'The request is not HTTP/1.1 as RFC 9112 has it, so that programs could read it in different ways. Send one length, header lines that end in CRLF, and no white space before colons.',
}

/** Why bytes were refused that are no HTTP/1.1; nothing where the connection broke for another reason. */
export function explainMalformed({ code = '', rawPacket }: ParserError): MalformedBytes | undefined {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT')
    return {
      code: 'request_timeout',
      explanation: 'The headers of the request did not arrive in time. Send them at once.',
    }
  if (!code.startsWith('HPE_')) return undefined
  if (rawPacket === undefined) return malformed
  if (isProxyHeader(rawPacket)) return { code: 'proxy_header_unexpected', explanation: proxyHeaderFound }
  return explanations[code]?.(rawPacket.toString('latin1')) ?? malformed
}

/**
 * Whether the head was handed over as a request before this was noticed, which is of its body alone: that request is
 * refused for the same, with its path and its own trace id.
 */
export const isAnsweredAsRequest = ({ code, reason }: ParserError): boolean =>
  code === 'HPE_INVALID_TRANSFER_ENCODING' && reason?.startsWith('Request has invalid') === true

/** Whether it cannot be told from what is there whether an address or a header is too long. */
export const isUndecided = ({ code, rawPacket }: ParserError): boolean =>
  code === 'HPE_HEADER_OVERFLOW' && isInTarget(rawPacket?.toString('latin1') ?? '') === undefined

/** What is said of a head that is too large, by what made it so. */
export const explainOverflow = (isTarget: boolean): MalformedBytes =>
  isTarget
    ? { code: 'target_too_long', explanation: targetTooLong }
    : { code: 'headers_too_large', explanation: headersTooLarge }

const explanations: Record<string, (text: string) => MalformedBytes | undefined> = {
  HPE_HEADER_OVERFLOW: (text) => explainOverflow(isInTarget(text) ?? false),
  HPE_INVALID_URL: () => ({ code: 'bad_request', explanation: encodeTarget }),
  // What follows the second space is no version: the address has a space in it.
  HPE_INVALID_CONSTANT: (text) =>
    / HTTP\/1\.[01]$/.test(lineOf(text)) ? { code: 'bad_request', explanation: encodeTarget } : undefined,
  HPE_INVALID_METHOD: (text) =>
    methodLine.test(lineOf(text)) ? { code: 'method_unknown', explanation: methodUnknown } : undefined,
  HPE_PAUSED_H2_UPGRADE: () => ({
    code: 'bad_request',
    explanation:
      'The client speaks HTTP/2 and has not agreed upon it in the TLS handshake. Let it offer h2 by ALPN, or speak HTTP/1.1.',
  }),
  HPE_INVALID_TRANSFER_ENCODING: (text) => {
    const coding = /^transfer-encoding:[ \t]*([^\r\n]*)/im.exec(text)?.[1]
    const problem = coding === undefined ? undefined : findCodingProblem(coding.trim())
    return problem && { code: problem.code, explanation: problem.detail }
  },
}

/** RFC 9112, 3: a method is a token, of whatever letters. */
const methodLine = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100} [\x21-\x7e]+ HTTP\/1\.[01]$/

/** The first line, without its end. */
const lineOf = (text: string): string => /^[^\r\n]*/.exec(text)?.[0] ?? ''

/**
 * Whether a head grew too large while its address was still being read; undefined where that cannot be told: of a long
 * one only what came last is there, which may be one word without an end.
 */
function isInTarget(text: string): boolean | undefined {
  const line = lineOf(text)
  if (/^[A-Z-]+ \S+( HTTP\/1\.[01])?$/.test(line)) return line.length > longTargetOctets
  if (endsRequestLine(line)) return true
  return /^\S+$/.test(text) ? undefined : false
}

/** Whether what stands before the end of a line is the end of a request line. */
export const endsRequestLine = (line: string): boolean => / HTTP\/1\.[01]$/.test(line) && !line.includes(':')
