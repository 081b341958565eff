import type { SignatureAlgorithm } from '../pki/key/signature-algorithm.ts'

/** A token of a PKCS#11 module, identified by its label or its slot. */
export interface TokenSettings {
  /** Path of the module, a shared library. */
  module: string
  token: string | null
  slot: number | null
}

/** The kinds of keys that an issuer can have. */
export type IssuerKeyKind = 'ec-p256' | 'ec-p384' | 'rsa-3072' | 'rsa-4096'

/** A token of an HSM. The keys of issuers in it never leave it. */
export interface Hsm {
  /** The label of the token, or its slot, for display. */
  name: string
  /**
   * Checks the token and its PIN in advance. Throws `hsm_pin_refused`, `config_invalid`, and
   * `issuer_unavailable` if the token is unavailable.
   */
  check(): Promise<void>
  /**
   * Creates a key pair that stays in the token, and returns its SubjectPublicKeyInfo. `id` is its CKA_ID,
   * `label` its CKA_LABEL. Throws the codes of `check`.
   */
  generate(kind: IssuerKeyKind, id: Uint8Array, label: string): Promise<Uint8Array>
  /**
   * Checks that the private key with this CKA_ID exists. Throws the codes of `check`, and
   * `issuer_unavailable` if it does not.
   */
  find(id: Uint8Array): Promise<void>
  /**
   * Returns the signature of `bytes` by the private key with this CKA_ID; an ECDSA signature as the DER of
   * ECDSA-Sig-Value. Throws the codes of `check`, and `issuer_unavailable` if the token has no such key.
   */
  sign(id: Uint8Array, algorithm: SignatureAlgorithm, bytes: Uint8Array): Promise<Uint8Array>
  close(): Promise<void>
}
