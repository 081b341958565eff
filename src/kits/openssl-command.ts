import { csrFileName, keyFileName } from './file-names.ts'
import { escapeCmd } from './quote-cmd.ts'
import { quotePosix } from './quote-posix.ts'
import { quotePowershell } from './quote-powershell.ts'
import { type RequestSubject, toConfigLines, toSubjectOption } from './subject-text.ts'

/** The shells that a command can be made for. */
export const shells = [
  { id: 'posix', label: 'bash / zsh' },
  { id: 'powershell', label: 'PowerShell' },
  { id: 'cmd', label: 'cmd' },
  { id: 'git-bash', label: 'Git Bash' },
] as const
export type Shell = (typeof shells)[number]['id']

/** The keys that a command can make. */
export const commandKeyKinds = [
  { id: 'ec-p256', label: 'EC P-256' },
  { id: 'ec-p384', label: 'EC P-384' },
  { id: 'rsa-2048', label: 'RSA 2048' },
  { id: 'rsa-3072', label: 'RSA 3072' },
  { id: 'rsa-4096', label: 'RSA 4096' },
  { id: 'ed25519', label: 'Ed25519' },
] as const
export type CommandKeyKind = (typeof commandKeyKinds)[number]['id']

/** A command to copy, and what it leaves behind. */
export interface OpensslCommand {
  text: string
  keyFile: string
  csrFile: string
  /** What a careful person should know of it. */
  notes: string[]
}

export interface OpensslCommandInput {
  shell: Shell
  keyKind: CommandKeyKind
  /** The name of the certificate, for example `acme-0001`. */
  name: string
  subject: RequestSubject
}

// genpkey takes these options on OpenSSL 1.1 and 3 and on LibreSSL alike.
const keyOptions: Record<CommandKeyKind, string> = {
  'ec-p256': '-algorithm EC -pkeyopt ec_paramgen_curve:P-256 -pkeyopt ec_param_enc:named_curve',
  'ec-p384': '-algorithm EC -pkeyopt ec_paramgen_curve:P-384 -pkeyopt ec_param_enc:named_curve',
  'rsa-2048': '-algorithm RSA -pkeyopt rsa_keygen_bits:2048',
  'rsa-3072': '-algorithm RSA -pkeyopt rsa_keygen_bits:3072',
  'rsa-4096': '-algorithm RSA -pkeyopt rsa_keygen_bits:4096',
  ed25519: '-algorithm ED25519',
}

/**
 * The command that makes a private key and a signing request in the present folder. It refuses to
 * write over a key that is there, and writes no key that others on the machine can read.
 */
export function opensslCommand(input: OpensslCommandInput): OpensslCommand {
  const { name, shell } = input
  return {
    text: texts[shell](input),
    keyFile: keyFileName(name),
    csrFile: csrFileName(name),
    notes: notes[shell],
  }
}

const texts: Record<Shell, (input: OpensslCommandInput) => string> = {
  posix: (input) => posixText(input, ''),
  // Without it Git Bash takes the subject for a path and rewrites it.
  'git-bash': (input) => posixText(input, 'export MSYS_NO_PATHCONV=1 && '),
  powershell: powershellText,
  cmd: cmdText,
}

const notes: Record<Shell, string[]> = {
  posix: ['The key is written with mode 0600: only you can read it.'],
  'git-bash': [
    'On Windows the key gets the permissions of its folder: run this in a folder of your own, not a shared one.',
  ],
  powershell: ['The key is made readable for you alone.'],
  cmd: [
    'The key is made readable for you alone.',
    'Paste it at the prompt; in a batch file percent signs would have to be doubled.',
  ],
}

function posixText({ keyKind, name, subject }: OpensslCommandInput, prefix: string): string {
  const key = keyFileName(name)
  const request = `openssl req -new -utf8 -sha256 -key ${key} -out ${csrFileName(name)} \\\n  -subj ${quotePosix(toSubjectOption(subject, name))}`
  // The parentheses keep umask and variables away from the person's own shell.
  return [
    `( ${prefix}umask 077 && if [ -e ${key} ]; then echo "${key} is already here; it was left alone." >&2; exit 1; fi &&`,
    `openssl genpkey ${keyOptions[keyKind]} -out ${key} &&`,
    `${request} )`,
  ].join('\n')
}

/** PowerShell 5.1 and 7 pass double quotes on to programs differently, so the names go through a file. */
function powershellText({ keyKind, name, subject }: OpensslCommandInput): string {
  const key = keyFileName(name)
  const config = `${name}.cnf`
  const lines = toConfigLines(subject, name).map(quotePowershell).join(',\n  ')
  return [
    `if (Test-Path ${key}) { Write-Error '${key} is already here; it was left alone.' } else {`,
    `[IO.File]::WriteAllLines("$PWD\\${config}", [string[]](${lines}))`,
    `openssl genpkey ${keyOptions[keyKind]} -out ${key}`,
    `icacls ${key} /inheritance:r /grant:r "$($env:USERNAME):F" | Out-Null`,
    `openssl req -new -utf8 -sha256 -config ${config} -key ${key} -out ${csrFileName(name)}`,
    `Remove-Item ${config} }`,
  ].join('\n')
}

/** cmd has no quoting that every name survives on its way to a program, so the names go through a file. */
function cmdText({ keyKind, name, subject }: OpensslCommandInput): string {
  const key = keyFileName(name)
  const config = `${name}.cnf`
  const lines = toConfigLines(subject, name).map(
    (line, index) => `${index === 0 ? '>' : '>>'}${config} echo ${escapeCmd(line)}`,
  )
  return [
    'chcp 65001 >nul',
    ...lines,
    `if exist ${key} (echo ${key} is already here; it was left alone.) else openssl genpkey ${keyOptions[keyKind]} -out ${key}`,
    `icacls ${key} /inheritance:r /grant:r "%USERNAME%:F" >nul`,
    `openssl req -new -utf8 -sha256 -config ${config} -key ${key} -out ${csrFileName(name)}`,
    `del ${config}`,
  ].join('\r\n')
}
