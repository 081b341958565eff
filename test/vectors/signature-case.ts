import type { RequestSignatureAlgorithm } from '../../src/pki/key/signature-algorithm.ts'

/** A signature at an edge of the definition, and whether it is valid. */
export interface SignatureCase {
  name: string
  spki: Uint8Array
  algorithm: RequestSignatureAlgorithm
  message: Uint8Array
  signature: Uint8Array
  isValid: boolean
}
