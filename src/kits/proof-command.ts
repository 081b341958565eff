/** The file that holds the statement of a registration, and that of its signature. */
export const proofFileName = 'proof.txt'
export const proofSignatureFileName = 'proof.sig'

/** The OpenSSL command that signs the statement of a registration; the same in every shell. `key` is what the page calls it: `EC P-256`, `RSA 3072`, `Ed25519`. */
export function proofCommand(key: string): string {
  return key === 'Ed25519'
    ? `openssl pkeyutl -sign -inkey client.key -rawin -in ${proofFileName} -out ${proofSignatureFileName}`
    : `openssl dgst -sha256 -sign client.key -out ${proofSignatureFileName} ${proofFileName}`
}

/** The cURL command that brings the statement to the gateway with the certificate; the same in every shell. */
export function proofCurlCommand({
  handshakeUrl,
  caFile,
}: {
  handshakeUrl: string
  /** The file of a private CA behind the gateway's own certificate; none where it is a public one. */
  caFile: string | null
}): string {
  const trust = caFile === null ? '' : ` --cacert "${caFile}"`
  return `curl --cert client.pem --key client.key${trust} --data-binary "@${proofFileName}" "${handshakeUrl}"`
}
