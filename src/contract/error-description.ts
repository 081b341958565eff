/** Typographic characters and their ASCII replacements. */
const plain: Record<string, string> = {
  '’': "'",
  '‘': "'",
  '“': "'",
  '”': "'",
  '–': '-',
  '—': '-',
  '…': '...',
  '"': "'",
}

/**
 * Converts a sentence to the characters of `error_description` (RFC 6749, section 5.2; RFC 6750, section 3):
 * printable ASCII without quotation marks and backslashes. Other letters become question marks.
 */
export const toErrorDescription = (sentence: string): string =>
  sentence
    .replaceAll(/[’‘“”–—…"]/g, (sign) => plain[sign] ?? '?')
    .replaceAll(/[^\x20-\x21\x23-\x5b\x5d-\x7e]/g, '?')

/**
 * Returns the `error_description` of a denial: the sentence, its code and the trace ID. Of an answer OAuth libraries
 * show their user `error` and this text, and nothing else.
 */
export const describeForLibraries = (
  sentence: string,
  { code, traceId }: { code: string; traceId: string },
): string => toErrorDescription(`${sentence} (${code}; trace ID ${traceId})`)
