/** Signs with the keys of the authority, which no caller ever sees. */
export interface Signer {
  /**
   * Signs `tbs` (a TBSCertificate or TBSCertList) with the key of this issuer and gives the complete DER:
   * what was to be signed, the algorithm, the signature.
   */
  sign(issuerId: string, tbs: Uint8Array): Promise<Uint8Array>
}
