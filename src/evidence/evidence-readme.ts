interface EvidenceDetails {
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
  'uses.json': 'first and last use, and the newest calls and denials',
  'revocation-list.crl': 'the revocation list of the issuing CA',
  'audit.json': 'every audit row about the certificate, with the proof that it stood in the log',
  'audit-key.pem': 'the key that signs the audit log and the manifest',
  'audit-certificate.pem': 'the certificate of that key, of the issuing CA that issued it, and of the root',
}

/** Lists each file whose SHA-256 differs from the manifest, and each file that the manifest does not list. */
const hashCommand =
  'for file in *; do case $file in manifest.*|*.zip) ;; *) grep -q "\\"$file\\": \\"$(openssl sha256 -r "$file" | cut -c1-64)\\"" manifest.json || echo "$file DIFFERS" ;; esac; done'

/**
 * The first prints the key that audit-key.pem has to contain; the second needs the root from an independent
 * source.
 */
const certificationCommands = [
  '',
  'The key of the audit log, as its certificate has it, and whether the root certifies that:',
  '',
  '  openssl x509 -in audit-certificate.pem -noout -pubkey | diff - audit-key.pem && echo "the same key"',
  '  openssl verify -no_check_time -CAfile root.pem -untrusted audit-certificate.pem audit-certificate.pem',
]

/** Returns the README of an evidence pack: its contents, and how to verify it with and without Postern. */
export function evidenceReadme({ name, organization, madeAt, files }: EvidenceDetails): string {
  const width = Math.max(...files.map((file) => file.length))
  const hasRequest = files.includes('request.csr')
  const isCertified = files.includes('audit-certificate.pem')
  const isRevoked = files.includes('revocation-list.crl')
  return [
    `Evidence about the client certificate ${name} of ${organization}, made ${madeAt}`,
    '',
    ...files.map((file) => `  ${file.padEnd(width)}  ${meanings[file] ?? ''}`.trimEnd()),
    '',
    'Verify it with Postern, on any machine, without a network and without the store:',
    '',
    `  postern audit verify-pack ${name}-evidence.zip --root root.pem`,
    '',
    'root.pem is the root certificate that you got otherwise than with this pack. Without it, and without --key, the',
    'pack only agrees with itself: anybody can make such a pack with keys of their own.',
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
    'manifest.json holds the SHA-256 of every other file, and manifest.sig is its signature by the key of the audit log:',
    '',
    '  openssl dgst -sha256 -verify audit-key.pem -signature manifest.sig manifest.json',
    `  ${hashCommand}`,
    ...(isCertified ? certificationCommands : []),
    '',
    'The proof shows that the audit rows given here are genuine. It cannot show that none was left out: whoever',
    'passes a pack on can withhold a row. Ask Postern for the pack, or ask the CRL or OCSP for a revocation.',
    '',
  ].join('\n')
}
