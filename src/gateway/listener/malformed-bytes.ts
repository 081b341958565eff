import type { DenialCode } from '../../contract/denial-codes.ts'
import { isProxyHeader, proxyHeaderFound } from '../../proxy-header.ts'
import { encodeTarget, headersTooLarge, longTargetOctets, targetTooLong } from '../message/assert-head.ts'
import { findCodingProblem } from '../message/transfer-coding.ts'
import { methodUnknown } from '../request/allowed-methods.ts'

/** The error of Node's HTTP/1.1 parser for bytes that are not a request. */
export interface ParserError {
  code?: string | undefined
  reason?: string
  /** What was read when the error was detected: usually the head from its first byte on. */
  rawPacket?: Buffer
}

/** The error for a client whose bytes are not a request. */
export interface MalformedBytes {
  code: DenialCode
  explanation: string
}

const malformed: MalformedBytes = {
  code: 'bad_request',
  explanation:
    'The request is not HTTP/1.1 as RFC 9112 has it, so that programs could read it in different ways. Send one length, header lines that end in CRLF, and no white space before colons.',
}

/** Returns why bytes were rejected as HTTP/1.1; undefined if the connection broke for another reason. */
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
 * Returns whether the head was already passed on as a request, so that the error concerns only its body: that
 * request is rejected for the same reason, with its path and trace ID.
 */
export const isAnsweredAsRequest = ({ code, reason }: ParserError): boolean =>
  code === 'HPE_INVALID_TRANSFER_ENCODING' && reason?.startsWith('Request has invalid') === true

/** Returns whether the data cannot show whether the target or a header is too long. */
export const isUndecided = ({ code, rawPacket }: ParserError): boolean =>
  code === 'HPE_HEADER_OVERFLOW' && isInTarget(rawPacket?.toString('latin1') ?? '') === undefined

/** Returns the error for a head that is too large, by its cause. */
export const explainOverflow = (isTarget: boolean): MalformedBytes =>
  isTarget
    ? { code: 'target_too_long', explanation: targetTooLong }
    : { code: 'headers_too_large', explanation: headersTooLarge }

const explanations: Record<string, (text: string) => MalformedBytes | undefined> = {
  HPE_HEADER_OVERFLOW: (text) => explainOverflow(isInTarget(text) ?? false),
  HPE_INVALID_URL: () => ({ code: 'bad_request', explanation: encodeTarget }),
  // The text after the second space is not a version: the target contains a space.
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

/** RFC 9112, section 3: a method is a token of any letters. */
const methodLine = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100} [\x21-\x7e]+ HTTP\/1\.[01]$/

/** Returns the first line without its end. */
const lineOf = (text: string): string => /^[^\r\n]*/.exec(text)?.[0] ?? ''

/**
 * Returns whether a head grew too large within its target; undefined if unknown: of a long head only the last
 * part is available, which may be one word without an end.
 */
function isInTarget(text: string): boolean | undefined {
  const line = lineOf(text)
  if (/^[A-Z-]+ \S+( HTTP\/1\.[01])?$/.test(line)) return line.length > longTargetOctets
  if (endsRequestLine(line)) return true
  return /^\S+$/.test(text) ? undefined : false
}

/** Returns whether the text before the end of a line is the end of a request line. */
export const endsRequestLine = (line: string): boolean => / HTTP\/1\.[01]$/.test(line) && !line.includes(':')
