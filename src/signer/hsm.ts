import type { SignatureAlgorithm } from '../pki/key/signature-algorithm.ts'

/** Which token of which PKCS#11 module: named by its label, or by its slot. */
export interface TokenSettings {
  /** Path of the module, a shared library. */
  module: string
  token: string | null
  slot: number | null
}

/** The kinds of key that an issuer can have. */
export type IssuerKeyKind = 'ec-p256' | 'ec-p384' | 'rsa-3072' | 'rsa-4096'

/** A token of an HSM. The keys of issuers that are in it never leave it. */
export interface Hsm {
  /** The label of the token, or its slot, for people. */
  name: string
  /**
   * Asks for the token and its PIN before they are needed. Throws `hsm_pin_refused`, `config_invalid`, and
   * `issuer_unavailable` where the token is away.
   */
  check(): Promise<void>
  /**
   * Makes a key pair that stays in the token, and gives its SubjectPublicKeyInfo. `id` is its CKA_ID, `label`
   * its CKA_LABEL. Throws what `check` throws.
   */
  generate(kind: IssuerKeyKind, id: Uint8Array, label: string): Promise<Uint8Array>
  /** Looks for the private key with this CKA_ID. Throws what `check` throws, and `issuer_unavailable` without it. */
  find(id: Uint8Array): Promise<void>
  /**
   * The signature of `bytes` by the private key with this CKA_ID; one of ECDSA as the DER of ECDSA-Sig-Value.
   * Throws what `check` throws, and `issuer_unavailable` where the token has no such key.
   */
  sign(id: Uint8Array, algorithm: SignatureAlgorithm, bytes: Uint8Array): Promise<Uint8Array>
  close(): Promise<void>
}
