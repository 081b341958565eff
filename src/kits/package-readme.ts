import { type CurlTarget, tokenCurlCommand } from './curl-command.ts'
import { keyFileName } from './file-names.ts'

export interface PackageFacts extends CurlTarget {
  environmentName: string
  /** The day after which the certificate is not valid, as people read it. */
  notAfter: string
  /** The other files of the package with what each is. */
  files: { name: string; what: string }[]
}

/** The README of a certificate package. */
export function packageReadme({ environmentName, notAfter, files, ...target }: PackageFacts): string {
  const width = Math.max(...files.map(({ name }) => name.length))
  return [
    `${target.name}: client certificate for ${environmentName}`,
    `Gateway: ${target.gatewayUrl}`,
    `Valid until: ${notAfter}`,
    '',
    'Files',
    ...files.map(({ name, what }) => `  ${name.padEnd(width)}  ${what}`),
    '',
    `The private key, ${keyFileName(target.name)}, is not here: it was made on your side and never sent.`,
    'Keep it in a secrets manager. Nobody who works for the provider will ever ask for it.',
    '',
    'Try it, in a folder that holds key and certificate:',
    '',
    tokenCurlCommand(target),
    '',
  ].join('\n')
}
