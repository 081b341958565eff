import { type CurlTarget, tokenCurlCommand } from './curl-command.ts'
import { keyFileName } from './file-names.ts'

export interface PackageDetails extends CurlTarget {
  environmentName: string
  /** The last day of the certificate, for display. */
  notAfter: string
  /** The names of the other files in the package. */
  files: string[]
  /** Whether the environment accepts client secrets; defaults to true. */
  takesSecrets?: boolean
}

/**
 * Returns the README of a client certificate package: the purpose of each file, how to test it, and what
 * never to send.
 */
export function packageReadme({
  environmentName,
  notAfter,
  files,
  takesSecrets = true,
  ...target
}: PackageDetails): string {
  const key = keyFileName(target.name)
  const width = Math.max(0, ...files.map((file) => file.length))
  return [
    `${target.name}: client certificate for ${environmentName}`,
    `Gateway: ${target.gatewayUrl}`,
    `Valid until: ${notAfter}`,
    '',
    'Files',
    ...files.map((file) => `  ${file.padEnd(width)}  ${describe(file)}`.trimEnd()),
    '',
    `The private key, ${key}, is not here: it was made on your side and never sent.`,
    'Keep it in a secrets manager. Nobody who works for the provider will ever ask for it.',
    'Never send the key or a client secret to anybody, by email or in a ticket. The other files are not secret.',
    '',
    takesSecrets
      ? 'Try it, in a folder that holds key and certificate:'
      : 'Try it with API credentials that name this certificate (tls_client_auth), in a folder that holds key and certificate:',
    '',
    tokenCurlCommand({ ...target, byCertificate: !takesSecrets }),
    '',
  ].join('\n')
}

/** More specific endings come first. */
const meanings: [ending: RegExp, meaning: string][] = [
  [/-fullchain\.pem$/, 'your certificate and the issuing certificates, in one file'],
  [/-chain\.pem$/, 'the issuing certificates, without yours'],
  [/ca-bundle\.pem$/, 'the certificates of the authority that issued yours'],
  [/server-ca\.pem$/, "the authority behind the gateway's own certificate; cURL needs it as --cacert"],
  [/\.pem$/, 'your certificate'],
  [/\.der$/, 'your certificate in binary form'],
  [/\.p7b$/, 'your certificate and its chain as PKCS #7, for Windows and Java'],
]

const describe = (file: string) => meanings.find(([ending]) => ending.test(file))?.[1] ?? ''
