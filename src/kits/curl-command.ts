import { certificateFileName, keyFileName } from './file-names.ts'
import type { Shell } from './openssl-command.ts'
import { quoteCmd } from './quote-cmd.ts'
import { quotePosix } from './quote-posix.ts'
import { quotePowershell } from './quote-powershell.ts'

/** What stands where a person has to fill in their own. */
export const clientIdPlaceholder = 'YOUR_CLIENT_ID'
export const clientSecretPlaceholder = 'YOUR_CLIENT_SECRET'

/** What a Windows user should know of these commands. */
export const windowsCurlNote =
  'The curl that comes with Windows cannot read PEM files as client certificate; use one built with OpenSSL, such as the curl of Git for Windows.'

/** Where a command goes and which files it names. */
export interface CurlTarget {
  /** The name of the certificate, for example `acme-0001`. */
  name: string
  /** `https://host:port` */
  gatewayUrl: string
  /** The file of a private CA behind the gateway's own certificate; none where it is a public one. */
  caFile?: string | null
  /** One line for `powershell` and `cmd`, several for the others; `posix` where none is named. */
  shell?: Shell
}

export interface TokenCurlInput extends CurlTarget {
  clientId?: string
  clientSecret?: string
  /** Whether the certificate alone says who the client is (`tls_client_auth`), so that no secret is sent. */
  byCertificate?: boolean
  /** Scopes, parted by spaces; all of the credential's where none is named. */
  scope?: string
}

/** The cURL command that gets an access token (RFC 6749, 4.4). The answer is shown also when it is a refusal. */
export function tokenCurlCommand({
  clientId = clientIdPlaceholder,
  clientSecret = clientSecretPlaceholder,
  byCertificate = false,
  scope,
  ...target
}: TokenCurlInput): string {
  const quote = quotes[target.shell ?? 'posix']
  // RFC 6749, 2.3.1: both halves are form-encoded before they are joined.
  const user = `${encodeURIComponent(clientId)}:${encodeURIComponent(clientSecret)}`
  return join(target, '/token', [
    ...(byCertificate ? [] : [`--user ${quote(user)}`]),
    '--data grant_type=client_credentials',
    ...(byCertificate ? [`--data-urlencode ${quote(`client_id=${clientId}`)}`] : []),
    ...(scope ? [`--data-urlencode ${quote(`scope=${scope}`)}`] : []),
  ])
}

/** The cURL command that calls `path` at the gateway with a token from the environment variable TOKEN. */
export function callCurlCommand({ path, ...target }: CurlTarget & { path: string }): string {
  const variable = tokenVariables[target.shell ?? 'posix']
  return join(target, path, [`--header "Authorization: Bearer ${variable}"`])
}

function join(target: CurlTarget, path: string, rest: string[]): string {
  const { name, gatewayUrl, caFile, shell = 'posix' } = target
  const quote = quotes[shell]
  // PowerShell 5.1 and 7 differ on double quotes in an argument, so an address never holds one.
  const address = `${gatewayUrl}${path.replaceAll(/["\s]/g, encodeURIComponent)}`
  const parts = [
    `${shell === 'powershell' ? 'curl.exe' : 'curl'} ${quote(address)}`,
    `--cert ${quote(certificateFileName(name))}`,
    `--key ${quote(keyFileName(name))}`,
    ...(caFile ? [`--cacert ${quote(caFile)}`] : []),
    ...rest,
  ]
  return parts.join(shell === 'powershell' || shell === 'cmd' ? ' ' : ' \\\n  ')
}

const quotes: Record<Shell, (text: string) => string> = {
  posix: quotePosix,
  'git-bash': quotePosix,
  powershell: quotePowershell,
  cmd: quoteCmd,
}

const tokenVariables: Record<Shell, string> = {
  posix: '$TOKEN',
  'git-bash': '$TOKEN',
  powershell: '$env:TOKEN',
  cmd: '%TOKEN%',
}
