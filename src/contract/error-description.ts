/** Signs of typography, and what stands for them in ASCII. */
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
 * A sentence as `error_description` takes it (RFC 6749, 5.2; RFC 6750, 3): printable ASCII without quotation marks
 * and backslashes. Letters that ASCII does not have become a question mark.
 */
export const toErrorDescription = (sentence: string): string =>
  sentence
    .replaceAll(/[’‘“”–—…"]/g, (sign) => plain[sign] ?? '?')
    .replaceAll(/[^\x20-\x21\x23-\x5b\x5d-\x7e]/g, '?')
