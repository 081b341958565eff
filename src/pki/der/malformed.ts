import { PosternError } from '../../errors.ts'

/** The codes for unreadable bytes; the caller of a reader chooses one. */
export type MalformedCode =
  | 'csr_malformed'
  | 'certificate_malformed'
  | 'key_malformed'
  | 'ocsp_request_malformed'

const sentences: Record<MalformedCode, (problem: string) => string> = {
  csr_malformed: (problem) =>
    `This CSR cannot be read: ${problem}. Submit the whole file as its program wrote it; if it is that already, the program is at fault: make the CSR from the same key with OpenSSL (openssl req -new -key client.key -out client.csr).`,
  certificate_malformed: (problem) =>
    `This certificate cannot be read: ${problem}. Use the certificate file exactly as it was issued; if it is that already, ask its issuer for one that follows RFC 5280.`,
  ocsp_request_malformed: (problem) =>
    `This OCSP request cannot be read: ${problem}. Send it as RFC 6960 has it, in DER.`,
  key_malformed: (problem) =>
    `The public key cannot be used: ${problem}. Make a new key and a new CSR from it with another program, such as OpenSSL.`,
}

/** Returns the error for bytes that violate a rule of their format. `problem` never repeats the bytes. */
export function malformed(code: MalformedCode, problem: string): PosternError {
  return new PosternError(code, sentences[code](problem))
}
