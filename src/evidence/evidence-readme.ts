interface EvidenceFacts {
  name: string
  organization: string
  madeAt: string
  files: string[]
}

const meanings: Record<string, string> = {
  'request.csr': 'the signing request as it was submitted',
  'certificate.pem': 'the certificate',
  'chain.pem': 'the authorities above it',
  'registration.json': 'how a certificate of another authority was registered, and the proof of its key',
  'certificate.json': 'everything that Postern knows of the certificate',
  'request.json': 'what the request asks for, who submitted it, and what of it was not granted',
  'checks.json': 'the checks that the request passed, when, and by which release; as the audit log has them',
  'decision.json': 'who approved it, when and why',
  'uses.json': 'first and last use, and the newest calls and refusals',
  'revocation-list.crl': 'the revocation list of the issuing CA',
  'audit.json': 'every audit row about the certificate, with the proof that it stood in the log',
  'audit-key.pem': 'the key that signs the audit log; compare it with one that you got otherwise',
}

/** The README of an evidence pack: what is in it, and how to verify it with and without Postern. */
export function evidenceReadme({ name, organization, madeAt, files }: EvidenceFacts): string {
  const width = Math.max(...files.map((file) => file.length))
  const hasRequest = files.includes('request.csr')
  const isRevoked = files.includes('revocation-list.crl')
  return [
    `Evidence about the client certificate ${name} of ${organization}, made ${madeAt}`,
    '',
    ...files.map((file) => `  ${file.padEnd(width)}  ${meanings[file] ?? ''}`.trimEnd()),
    '',
    'Verify it with Postern, on any machine, without a network and without the store:',
    '',
    `  postern audit verify-pack ${name}-evidence.zip`,
    '',
    'Or with OpenSSL, file by file:',
    '',
    ...(hasRequest ? ['  openssl req -in request.csr -noout -verify'] : []),
    '  openssl verify -partial_chain -no_check_time -CAfile chain.pem certificate.pem',
    ...(hasRequest ? ['  openssl req -in request.csr -noout -pubkey | openssl sha256'] : []),
    '  openssl x509 -in certificate.pem -noout -pubkey | openssl sha256',
    ...(isRevoked
      ? ['  openssl crl -inform DER -in revocation-list.crl -noout -text -CAfile chain.pem']
      : []),
    '',
    'manifest.json holds the SHA-256 of every file.',
    '',
    'The proof shows that the audit rows given here are genuine. It cannot show that none was left out: whoever',
    'passes a pack on can withhold a row. Ask Postern for the pack, or ask the CRL or OCSP for a revocation.',
    '',
  ].join('\n')
}
