import type { ClientAlgorithm } from '../contract/client-key.ts'
import { certificateFileName, keyFileName } from './file-names.ts'
import { quotePosix } from './quote-posix.ts'

/** The input of a token request with `private_key_jwt`. */
export interface AssertionInput {
  /** The name of the certificate, for example `acme-0001`. */
  name: string
  /** `https://host:port`, which is also the issuer. */
  gatewayUrl: string
  caFile?: string | null
  clientId: string
  kid: string
  algorithm: ClientAlgorithm
}

/** The name of the private key file for assertions in the commands. */
export const clientKeyFile = 'client.key'

/**
 * How OpenSSL signs `$content` with each algorithm (RFC 7518, sections 3.4 and 3.5; RFC 8037, section 3.1).
 */
const signers: Record<ClientAlgorithm, string[]> = {
  ES256: [
    `signature=$(printf %s "$content" | openssl dgst -sha256 -sign ${clientKeyFile} |`,
    "  openssl asn1parse -inform DER | sed -n 's/.*INTEGER *://p' |",
    `  while read -r number; do printf %64s "$number" | tr ' ' 0; done | xxd -r -p | base64url)`,
  ],
  PS256: [
    `signature=$(printf %s "$content" | openssl dgst -sha256 -sign ${clientKeyFile} \\`,
    '  -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:32 | base64url)',
  ],
  EdDSA: [
    'printf %s "$content" > assertion.txt',
    `signature=$(openssl pkeyutl -sign -rawin -inkey ${clientKeyFile} -in assertion.txt | base64url)`,
  ],
}

/**
 * Returns POSIX shell commands that create a client assertion with OpenSSL 3 and get an access token with it
 * (RFC 7523, section 2.2). They are for tests: a service uses a library with `private_key_jwt`.
 */
export function assertionCommands(input: AssertionInput): string {
  const { name, gatewayUrl, caFile, clientId, kid, algorithm } = input
  const header = JSON.stringify({ alg: algorithm, kid })
  const claims = `{"iss":"%s","sub":"%s","aud":"%s","jti":"%s","iat":%s,"exp":%s}`
  return [
    "base64url() { openssl base64 -A | tr '+/' '-_' | tr -d =; }",
    'now=$(date +%s)',
    `header=$(printf %s ${quotePosix(header)} | base64url)`,
    `claims=$(printf '${claims}' ${quotePosix(clientId)} ${quotePosix(clientId)} ${quotePosix(gatewayUrl)} \\`,
    '  "$(openssl rand -hex 16)" "$now" "$((now + 60))" | base64url)',
    'content="$header.$claims"',
    ...signers[algorithm],
    `curl ${quotePosix(`${gatewayUrl}/token`)} \\`,
    `  --cert ${quotePosix(certificateFileName(name))} --key ${quotePosix(keyFileName(name))} \\`,
    ...(caFile ? [`  --cacert ${quotePosix(caFile)} \\`] : []),
    '  --data grant_type=client_credentials \\',
    '  --data client_assertion_type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer \\',
    '  --data "client_assertion=$content.$signature"',
  ].join('\n')
}
