import { certificateFileName, keyFileName } from './file-names.ts'
import { quotePosix } from './quote-posix.ts'

/** What stands where a person has to fill in their own. */
export const clientIdPlaceholder = 'YOUR_CLIENT_ID'
export const clientSecretPlaceholder = 'YOUR_CLIENT_SECRET'

/** Where a command goes and which files it names. */
export interface CurlTarget {
  /** The name of the certificate, for example `acme-0001`. */
  name: string
  /** `https://host:port` */
  gatewayUrl: string
  /** The file of a private CA behind the gateway's own certificate; none where it is a public one. */
  caFile?: string | null
}

/** The cURL command that gets an access token (RFC 6749, 4.4). The answer is shown also when it is a refusal. */
export function tokenCurlCommand(
  target: CurlTarget,
  {
    clientId = clientIdPlaceholder,
    clientSecret = clientSecretPlaceholder,
  }: { clientId?: string; clientSecret?: string } = {},
): string {
  return [
    ...connection(target, '/token'),
    `  --user ${quotePosix(`${clientId}:${clientSecret}`)}`,
    '  --data grant_type=client_credentials',
  ].join(' \\\n')
}

/** The cURL command that calls the gateway with a token from the environment variable TOKEN. */
export function callCurlCommand(target: CurlTarget, path: string): string {
  return [...connection(target, path), '  --header "Authorization: Bearer $TOKEN"'].join(' \\\n')
}

function connection({ name, gatewayUrl, caFile }: CurlTarget, path: string): string[] {
  return [
    `curl ${quotePosix(`${gatewayUrl}${path}`)}`,
    `  --cert ${certificateFileName(name)}`,
    `  --key ${keyFileName(name)}`,
    ...(caFile ? [`  --cacert ${quotePosix(caFile)}`] : []),
  ]
}
