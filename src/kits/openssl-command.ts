import { csrFileName, keyFileName } from './file-names.ts'
import { escapeCmd } from './quote-cmd.ts'
import { quotePosix } from './quote-posix.ts'
import { quotePowershell } from './quote-powershell.ts'
import { isTooLong, type RequestSubject, toConfigLines, toSubjectOption } from './subject-text.ts'

/** The shells for which a command can be generated. */
export const shells = [
  { id: 'posix', label: 'bash / zsh' },
  { id: 'powershell', label: 'PowerShell' },
  { id: 'cmd', label: 'cmd' },
  { id: 'git-bash', label: 'Git Bash' },
] as const
export type Shell = (typeof shells)[number]['id']

/** The keys that a command can create. */
export const keyKinds = [
  { id: 'ec_p256', label: 'EC P-256' },
  { id: 'ec_p384', label: 'EC P-384' },
  { id: 'rsa_2048', label: 'RSA 2048' },
  { id: 'rsa_3072', label: 'RSA 3072' },
  { id: 'rsa_4096', label: 'RSA 4096' },
  { id: 'ed25519', label: 'Ed25519' },
] as const
export type CommandKeyKind = (typeof keyKinds)[number]['id']

/** A command to copy, and the files that it creates. */
export interface OpensslCommand {
  text: string
  keyFile: string
  csrFile: string
  /** Notes for careful users. */
  notes: string[]
}

export interface OpensslCommandInput {
  shell: Shell
  keyKind: CommandKeyKind
  /** The name of the certificate, for example `acme-0001`. */
  name: string
  subject: RequestSubject
}

// genpkey accepts these options in OpenSSL 1.1 and 3 and in LibreSSL.
const keyOptions: Record<CommandKeyKind, string> = {
  ec_p256: '-algorithm EC -pkeyopt ec_paramgen_curve:P-256 -pkeyopt ec_param_enc:named_curve',
  ec_p384: '-algorithm EC -pkeyopt ec_paramgen_curve:P-384 -pkeyopt ec_param_enc:named_curve',
  rsa_2048: '-algorithm RSA -pkeyopt rsa_keygen_bits:2048',
  rsa_3072: '-algorithm RSA -pkeyopt rsa_keygen_bits:3072',
  rsa_4096: '-algorithm RSA -pkeyopt rsa_keygen_bits:4096',
  ed25519: '-algorithm ED25519',
}

/**
 * Returns the command that creates a private key and a CSR in the current folder, and prints the names of both
 * files and who can read the key. It does not overwrite an existing key, and creates no key that other users can
 * read.
 */
export function opensslCommand(input: OpensslCommandInput): OpensslCommand {
  const { name, shell } = input
  return {
    text: texts[shell](input),
    keyFile: keyFileName(name),
    csrFile: csrFileName(name),
    notes: notesOn(input),
  }
}

const texts: Record<Shell, (input: OpensslCommandInput) => string> = {
  posix: (input) => posixText(input, ''),
  // Git Bash would rewrite the subject as a path; a Windows OpenSSL expects arguments in UTF-8 only with an
  // option.
  'git-bash': (input) => posixText(input, 'export MSYS_NO_PATHCONV=1 OPENSSL_WIN32_UTF8=1 && '),
  powershell: powershellText,
  cmd: cmdText,
}

const shellNotes: Record<Shell, string[]> = {
  posix: ['The key is written with mode 0600: only you can read it.'],
  'git-bash': [
    'On Windows the key gets the permissions of its folder: run this in a folder of your own, not a shared one.',
  ],
  powershell: ['For Windows. The key file is made readable for you alone before the key is written into it.'],
  cmd: [
    'The key file is made readable for you alone before the key is written into it.',
    'Paste it at the prompt; in a batch file percent signs would have to be doubled.',
    'The window shows text as UTF-8 (code page 65001) until you close it.',
  ],
}

function notesOn({ shell, keyKind, subject }: OpensslCommandInput): string[] {
  const notes = [...shellNotes[shell]]
  if (keyKind === 'ed25519') notes.push('Ed25519 needs OpenSSL 1.1.1 or LibreSSL 3.7, or newer.')
  if (shell === 'posix' || shell === 'git-bash')
    notes.push('If OpenSSL cannot find openssl.cnf, set OPENSSL_CONF to the path of one.')
  if (isTooLong('organizationName', subject.organizationName))
    notes.push('The organization name is longer than 64 characters and is left out: OpenSSL accepts no more.')
  if (isTooLong('state', subject.state))
    notes.push('The state is longer than 128 characters and is left out: OpenSSL accepts no more.')
  return notes
}

/** What a command prints at its end, without a character that any shell reads as its own. */
const written = (name: string) =>
  `Created ${keyFileName(name)}, the private key, and ${csrFileName(name)}, the CSR to submit.`

const rejection = (key: string) =>
  `${key} is already here; it was left alone. Move it away or work in another folder.`

function posixText({ keyKind, name, subject }: OpensslCommandInput, prefix: string): string {
  const key = keyFileName(name)
  // The parentheses keep umask and variables out of the user's shell.
  return [
    `( ${prefix}umask 077 && if [ -e ${key} ]; then echo "${rejection(key)}" >&2; exit 1; fi &&`,
    `openssl genpkey ${keyOptions[keyKind]} -out ${key} &&`,
    `openssl req -new -utf8 ${digestOption(keyKind)}-key ${key} -out ${csrFileName(name)} \\`,
    `  -subj ${quotePosix(toSubjectOption(subject, name))} &&`,
    `echo "${written(name)}" && ls -l ${key} ${csrFileName(name)} )`,
  ].join('\n')
}

/**
 * PowerShell 5.1 and 7 pass double quotes to programs differently, so the names go through a file. OpenSSL
 * writes to the existing file, which keeps its permissions.
 */
function powershellText({ keyKind, name, subject }: OpensslCommandInput): string {
  const key = keyFileName(name)
  const config = `${name}.cnf`
  const lines = toConfigLines(subject, name).map(quotePowershell).join(',\n  ')
  return [
    '& {',
    `if (Test-Path ${key}) { throw '${rejection(key)}' }`,
    'Get-Command openssl -ErrorAction Stop | Out-Null',
    `[IO.File]::WriteAllLines((Join-Path $PWD.ProviderPath ${config}), [string[]](${lines}))`,
    `New-Item ${key} -ItemType File -ErrorAction Stop | Out-Null`,
    `icacls ${key} /inheritance:r /grant:r "$env:USERDOMAIN\\$($env:USERNAME):F" | Out-Null`,
    `if ($LASTEXITCODE -eq 0) { openssl genpkey ${keyOptions[keyKind]} -out ${key} }`,
    `if ($LASTEXITCODE -eq 0) { openssl req -new -utf8 ${digestOption(keyKind)}-config ${config} -key ${key} -out ${csrFileName(name)} }`,
    `Remove-Item ${config}`,
    `if ($LASTEXITCODE -ne 0) { throw 'No request was made. Remove ${key} and try again.' }`,
    `'${written(name)}'`,
    `icacls ${key}`,
    '}',
  ].join('\n')
}

/** cmd has no quoting that preserves every name in an argument, so the names go through a file. */
function cmdText({ keyKind, name, subject }: OpensslCommandInput): string {
  const key = keyFileName(name)
  const config = `${name}.cnf`
  const lines = toConfigLines(subject, name).map(
    (line, index) => `${index === 0 ? '>' : '>>'}${config} echo ${escapeCmd(line)}`,
  )
  // `exit` would close the user's window; a second cmd only returns the status.
  return [
    `if exist ${key} (echo ${rejection(key)} >&2& cmd /c exit 1) else (`,
    'chcp 65001 >nul',
    ...lines,
    `openssl version && type nul >${key} && icacls ${key} /inheritance:r /grant:r "%USERDOMAIN%\\%USERNAME%:F" >nul && ^`,
    `  openssl genpkey ${keyOptions[keyKind]} -out ${key} && ^`,
    `  openssl req -new -utf8 ${digestOption(keyKind)}-config ${config} -key ${key} -out ${csrFileName(name)} && ^`,
    `  echo ${written(name)} && icacls ${key}`,
    `del ${config}`,
    ')',
  ].join('\r\n')
}

/** Returns the digest option: Ed25519 has its own digest; P-384 uses SHA-384. */
const digestOption = (keyKind: CommandKeyKind): string =>
  keyKind === 'ed25519' ? '' : keyKind === 'ec_p384' ? '-sha384 ' : '-sha256 '
