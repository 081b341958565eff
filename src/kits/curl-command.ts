import { clientIdPlaceholder, clientSecretPlaceholder } from '../contract/placeholders.ts'
import { certificateFileName, keyFileName } from './file-names.ts'
import type { Shell } from './openssl-command.ts'
import { quoteCmd } from './quote-cmd.ts'
import { quotePosix } from './quote-posix.ts'
import { quotePowershell } from './quote-powershell.ts'

/** A note about these commands for Windows users. */
export const windowsCurlNote =
  'The curl that comes with Windows cannot read PEM files as client certificate; use one built with OpenSSL, such as the curl of Git for Windows.'

/** The address of a command and the files that it names. */
export interface CurlTarget {
  /** The name of the certificate, for example `acme-0001`. */
  name: string
  /** `https://host:port` */
  gatewayUrl: string
  /** The file of a private CA behind the gateway's server certificate; none if the CA is public. */
  caFile?: string | null
  /** One line for `powershell` and `cmd`, several for the others; defaults to `posix`. */
  shell?: Shell
}

export interface TokenCurlInput extends CurlTarget {
  clientId?: string
  clientSecret?: string
  /** Whether the certificate alone identifies the client (`tls_client_auth`), so that no secret is sent. */
  byCertificate?: boolean
  /** Scopes, separated by spaces; defaults to all scopes of the credentials. */
  scope?: string
}

/**
 * Returns the cURL command that gets an access token (RFC 6749, section 4.4). It prints error responses too.
 */
export const tokenCurlCommand = (input: TokenCurlInput): string =>
  join(input, '/token', getTokenOptions(input))

/**
 * Returns the commands that get an access token, print the response and store the token in the variable TOKEN, where
 * {@link callCurlCommand} finds it.
 */
export function keepTokenCommand(input: TokenCurlInput): string {
  const { shell = 'posix' } = input
  const request = join(input, '/token', [...getTokenOptions(input), '--silent --show-error'])
  if (shell === 'powershell')
    return `$response = ${request}; $response; if ($response) { $env:TOKEN = ($response | ConvertFrom-Json).access_token }`
  // The fourth part between double quotes of {"access_token":"...".
  if (shell === 'cmd')
    return `${request} > token.json & type token.json & (for /f tokens^=4^ delims^=^" %t in ('findstr access_token token.json') do @set "TOKEN=%t") & del token.json`
  return [
    `RESPONSE=$(${request})`,
    `printf '%s\\n' "$RESPONSE"`,
    `TOKEN=$(printf '%s' "$RESPONSE" | sed -n 's/.*"access_token" *: *"\\([^"]*\\)".*/\\1/p')`,
  ].join('\n')
}

function getTokenOptions({
  clientId = clientIdPlaceholder,
  clientSecret = clientSecretPlaceholder,
  byCertificate = false,
  scope,
  shell = 'posix',
}: TokenCurlInput): string[] {
  const quote = quotes[shell]
  // RFC 6749, section 2.3.1: both halves are form-encoded before they are joined.
  const user = `${encodeURIComponent(clientId)}:${encodeURIComponent(clientSecret)}`
  return [
    ...(byCertificate ? [] : [`--user ${quote(user)}`]),
    '--data grant_type=client_credentials',
    ...(byCertificate ? [`--data-urlencode ${quote(`client_id=${clientId}`)}`] : []),
    ...(scope ? [`--data-urlencode ${quote(`scope=${scope}`)}`] : []),
  ]
}

/**
 * Returns the cURL command that calls `path` at the gateway with a token from the environment variable TOKEN.
 */
export function callCurlCommand({ path, ...target }: CurlTarget & { path: string }): string {
  const variable = tokenVariables[target.shell ?? 'posix']
  return join(target, path, [`--header "Authorization: Bearer ${variable}"`])
}

function join(target: CurlTarget, path: string, rest: string[]): string {
  const { name, gatewayUrl, caFile, shell = 'posix' } = target
  const quote = quotes[shell]
  // PowerShell 5.1 and 7 differ on double quotes in an argument, so an address never contains one.
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
