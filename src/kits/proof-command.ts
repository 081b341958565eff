/** The names of the challenge file of a registration and of its signature file. */
export const proofFileName = 'proof.txt'
export const proofSignatureFileName = 'proof.sig'

/**
 * Returns the OpenSSL command that signs the challenge file of a registration; the same in every shell. `key`
 * is its label in the page: `EC P-256`, `RSA 3072`, `Ed25519`.
 */
export function proofCommand(key: string): string {
  return key === 'Ed25519'
    ? `openssl pkeyutl -sign -inkey client.key -rawin -in ${proofFileName} -out ${proofSignatureFileName}`
    : `openssl dgst -sha256 -sign client.key -out ${proofSignatureFileName} ${proofFileName}`
}

/**
 * Returns the cURL command that sends the challenge file to the gateway with the certificate; the same in
 * every shell.
 */
export function proofCurlCommand({
  proofUrl,
  caFile,
}: {
  proofUrl: string
  /** The file of a private CA behind the gateway's server certificate; none if the CA is public. */
  caFile: string | null
}): string {
  const trust = caFile === null ? '' : ` --cacert "${caFile}"`
  return `curl --cert client.pem --key client.key${trust} --data-binary "@${proofFileName}" "${proofUrl}"`
}
