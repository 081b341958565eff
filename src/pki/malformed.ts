import { PosternError } from '../errors.ts'

/** The codes under which unreadable bytes are refused; the caller of a reader picks the one that fits. */
export type MalformedCode =
  | 'csr_malformed'
  | 'certificate_malformed'
  | 'key_malformed'
  | 'ocsp_request_malformed'

const sentences: Record<MalformedCode, (problem: string) => string> = {
  csr_malformed: (problem) =>
    `This CSR cannot be read: ${problem}. Make it again and submit the whole .csr file.`,
  certificate_malformed: (problem) =>
    `This certificate cannot be read: ${problem}. Use the certificate file exactly as it was issued.`,
  ocsp_request_malformed: (problem) =>
    `This OCSP request cannot be read: ${problem}. Send it as RFC 6960 has it, in DER.`,
  key_malformed: (problem) =>
    `The public key cannot be used: ${problem}. Make a new key and a new CSR from it.`,
}

/** The refusal for bytes that break a rule of their format. `problem` never repeats the bytes. */
export function malformed(code: MalformedCode, problem: string): PosternError {
  return new PosternError(code, sentences[code](problem))
}
