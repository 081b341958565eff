import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type CommandKeyKind, keyKinds, opensslCommand } from './openssl-command.ts'
import { type RequestSubject, toConfigLines } from './subject-text.ts'

const names = [
  'Acme Payments Ltd',
  'Łódź Płatności S.A.',
  "O'Neil & Co / Ltd",
  '"Quoted" GmbH',
  '100% $HOME',
  '日本株式会社',
  'Back\\slash + plus = equals',
  '`id` $(id) !history ~ * ? [a] {b}',
  '-dash, #hash; semicolon',
  'Who /? knows',
]
const subjectOf = (organizationName: string): RequestSubject => ({
  organizationName,
  country: 'PL',
  state: "Łódź's",
})
const emptyFolder = () => mkdtempSync(join(tmpdir(), 'postern-kit-'))

function readRequest(folder: string) {
  const text = execFileSync(
    'openssl',
    [
      'req',
      '-in',
      'acme-0001.csr',
      '-noout',
      '-verify',
      '-subject',
      '-nameopt',
      'sep_multiline,space_eq,lname,utf8',
    ],
    { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] },
  ).toString()
  const field = (name: string) => new RegExp(`^ *${name} *= (.*)$`, 'm').exec(text)?.[1]
  return {
    organizationName: field('organizationName'),
    state: field('stateOrProvinceName'),
    country: field('countryName'),
    commonName: field('commonName'),
  }
}

describe.each(['bash', 'dash', 'zsh'])('the OpenSSL command in %s', (shell) => {
  test.each(names)('carries the name %s', (name) => {
    const folder = emptyFolder()
    const { text } = opensslCommand({
      shell: 'posix',
      keyKind: 'ec_p256',
      name: 'acme-0001',
      subject: subjectOf(name),
    })
    const result = spawnSync(shell, ['-c', text], { cwd: folder })
    expect(result.status, result.stderr.toString()).toBe(0)
    expect(readRequest(folder)).toEqual({
      organizationName: name,
      state: "Łódź's",
      country: 'PL',
      commonName: 'acme-0001',
    })
    expect(statSync(join(folder, 'acme-0001.key')).mode & 0o777).toBe(0o600)
  })

  test('prints the names of the files it created and who can read the key', () => {
    const folder = emptyFolder()
    const { text, keyFile, csrFile } = opensslCommand({
      shell: 'posix',
      keyKind: 'ec_p256',
      name: 'acme-0001',
      subject: subjectOf('Acme'),
    })
    const printed = spawnSync(shell, ['-c', text], { cwd: folder }).stdout.toString()
    expect(printed).toContain(`Created ${keyFile}, the private key, and ${csrFile}, the CSR to submit.`)
    expect(printed).toMatch(/^-rw------- .* acme-0001\.key$/m)
    expect(printed).toMatch(/^-rw------- .* acme-0001\.csr$/m)
  })

  test('keeps an existing key, reports it and fails', () => {
    const folder = emptyFolder()
    writeFileSync(join(folder, 'acme-0001.key'), 'precious')
    const { text } = opensslCommand({
      shell: 'posix',
      keyKind: 'ec_p256',
      name: 'acme-0001',
      subject: subjectOf('Acme'),
    })
    const result = spawnSync(shell, ['-c', `${text}; echo "status $?"; umask`], { cwd: folder })
    expect(result.stderr.toString()).toContain('acme-0001.key is already here')
    expect(result.stdout.toString()).toContain('status 1')
    expect(readFileSync(join(folder, 'acme-0001.key'), 'utf8')).toBe('precious')
  })
})

test.each(keyKinds.map(({ id, label }) => [id, label] as const))(
  'the OpenSSL command creates a key of the kind %s',
  (keyKind: CommandKeyKind) => {
    const folder = emptyFolder()
    const { text, keyFile } = opensslCommand({
      shell: 'git-bash',
      keyKind,
      name: 'acme-0001',
      subject: subjectOf('Acme'),
    })
    expect(spawnSync('bash', ['-c', text], { cwd: folder }).status).toBe(0)
    const key = execFileSync('openssl', ['pkey', '-in', keyFile, '-noout', '-text'], {
      cwd: folder,
    }).toString()
    const expected = {
      ec_p256: 'P-256',
      ec_p384: 'P-384',
      rsa_2048: '2048 bit',
      rsa_3072: '3072 bit',
      rsa_4096: '4096 bit',
      ed25519: 'ED25519',
    }
    expect(key).toContain(expected[keyKind])
  },
)

test('the OpenSSL command omits a name that is too long for a CSR, and its notes say so', () => {
  const folder = emptyFolder()
  const { text, notes } = opensslCommand({
    shell: 'posix',
    keyKind: 'ec_p256',
    name: 'acme-0001',
    subject: subjectOf('長'.repeat(65)),
  })
  expect(spawnSync('bash', ['-c', text], { cwd: folder }).status).toBe(0)
  expect(readRequest(folder)).toMatchObject({ organizationName: undefined, commonName: 'acme-0001' })
  expect(notes.join(' ')).toContain('longer than 64 characters and is left out')
})

test('the OpenSSL command carries a name of 64 characters completely', () => {
  const folder = emptyFolder()
  const { text } = opensslCommand({
    shell: 'posix',
    keyKind: 'ec_p256',
    name: 'acme-0001',
    subject: subjectOf('長'.repeat(64)),
  })
  expect(spawnSync('bash', ['-c', text], { cwd: folder }).status).toBe(0)
  expect(readRequest(folder).organizationName).toBe('長'.repeat(64))
})

test.each(['bash', 'zsh'])(
  'the OpenSSL command fails in %s when run twice, and leaves key and umask unchanged',
  (shell) => {
    const folder = emptyFolder()
    const { text, keyFile } = opensslCommand({
      shell: 'posix',
      keyKind: 'ec_p256',
      name: 'acme-0001',
      subject: subjectOf('Acme'),
    })
    expect(spawnSync(shell, ['-c', text], { cwd: folder }).status).toBe(0)
    const key = readFileSync(join(folder, keyFile))
    const again = spawnSync(shell, ['-c', `umask 022\n${text}\necho "status $? umask $(umask)"`], {
      cwd: folder,
    })
    expect(again.stdout.toString()).toMatch(/status 1 umask 0*22/)
    expect(readFileSync(join(folder, keyFile))).toEqual(key)
  },
)

test('the OpenSSL command is not affected by history expansion of an interactive bash', () => {
  const folder = emptyFolder()
  const name = "Yahoo! & O'Neil!x !! Ltd"
  const { text } = opensslCommand({
    shell: 'posix',
    keyKind: 'ec_p256',
    name: 'acme-0001',
    subject: subjectOf(name),
  })
  const input = `set -o history -o histexpand\necho x\n${text}\n`
  expect(spawnSync('bash', [], { cwd: folder, input }).status).toBe(0)
  expect(readRequest(folder).organizationName).toBe(name)
})

test.each(['powershell', 'cmd', 'git-bash'] as const)(
  'the OpenSSL command in %s ends with the names of its files and who can read the key',
  (shell) => {
    const { text } = opensslCommand({
      shell,
      keyKind: 'ec_p256',
      name: 'acme-0001',
      subject: subjectOf('Acme'),
    })
    const afterRequest = text.slice(text.indexOf('openssl req'))
    expect(afterRequest).toContain(
      'Created acme-0001.key, the private key, and acme-0001.csr, the CSR to submit.',
    )
    expect(afterRequest).toContain(shell === 'git-bash' ? 'ls -l acme-0001.key' : 'icacls acme-0001.key')
  },
)

test('the OpenSSL command for cmd expands no variable in a name with percent signs', () => {
  const { text } = opensslCommand({
    shell: 'cmd',
    keyKind: 'ec_p256',
    name: 'acme-0001',
    subject: subjectOf('100%PATH:a=b% /?'),
  })
  expect(text).toContain('O=100^%^PATH:a=b^%^ /\\?')
})

test.each(names)('the posix OpenSSL command for %s passes shellcheck', (name) => {
  const { text } = opensslCommand({
    shell: 'posix',
    keyKind: 'rsa_3072',
    name: 'acme-0001',
    subject: subjectOf(name),
  })
  // SC2016 warns that nothing expands between single quotes, which is intended here.
  const result = spawnSync('shellcheck', ['-s', 'sh', '-e', 'SC2016', '-'], { input: text })
  expect(result.stdout.toString()).toBe('')
})

test('the OpenSSL command passes any printable name through a posix shell', () => {
  const printable = fc
    .string({ unit: 'grapheme', minLength: 1, maxLength: 40 })
    .filter(
      (text) =>
        !/[\p{C}\p{Z}]/u.test(text.replaceAll(' ', 'x')) && text.trim() === text && [...text].length <= 60,
    )
  fc.assert(
    fc.property(printable, (name) => {
      const folder = emptyFolder()
      const { text } = opensslCommand({
        shell: 'posix',
        keyKind: 'ec_p256',
        name: 'acme-0001',
        subject: { organizationName: name, country: 'GB', state: '' },
      })
      expect(spawnSync('dash', ['-c', text], { cwd: folder }).status).toBe(0)
      expect(readRequest(folder).organizationName).toBe(name)
    }),
    { numRuns: 20 },
  )
})

test.each(names)('the OpenSSL configuration for Windows shells carries the name %s', (name) => {
  const folder = emptyFolder()
  writeFileSync(join(folder, 'a.cnf'), `${toConfigLines(subjectOf(name), 'acme-0001').join('\r\n')}\r\n`)
  execFileSync(
    'openssl',
    ['genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256', '-out', 'a.key'],
    { cwd: folder },
  )
  execFileSync(
    'openssl',
    ['req', '-new', '-utf8', '-sha256', '-config', 'a.cnf', '-key', 'a.key', '-out', 'acme-0001.csr'],
    { cwd: folder },
  )
  expect(readRequest(folder)).toMatchObject({ organizationName: name, state: "Łódź's" })
})

/** Returns how PowerShell reads a single-quoted literal, according to its documentation. */
function readPowershellLiteral(literal: string): string {
  expect(literal).toMatch(/^'.*'$/s)
  return literal.slice(1, -1).replaceAll(/(['\u2018-\u201B])\1/g, '$1')
}

test.each([...names, 'typographic \u2019 quotes'])(
  'PowerShell writes the same configuration lines for %s',
  (name) => {
    const { text } = opensslCommand({
      shell: 'powershell',
      keyKind: 'ec_p256',
      name: 'acme-0001',
      subject: subjectOf(name),
    })
    const literals = /\[string\[\]\]\((.*?)\)\)$/ms.exec(text)?.[1]?.split(',\n  ') ?? []
    expect(literals.map(readPowershellLiteral)).toEqual(toConfigLines(subjectOf(name), 'acme-0001'))
  },
)

/** Returns what cmd's echo prints of a line typed at the prompt: percent names first, then carets. */
function readCmdEcho(line: string, variables: Record<string, string>): string {
  const expanded = line.replaceAll(
    /%([^%:]+)(?::[^%]*)?%/g,
    (whole, name) => variables[name.toUpperCase()] ?? whole,
  )
  return expanded.replaceAll(/\^(.)/g, '$1')
}

test.each([...names, '%PATH% and %USERNAME%', '%PATH:a=b%', '%%PATH%%'])(
  'cmd writes the same configuration lines for %s',
  (name) => {
    const { text } = opensslCommand({
      shell: 'cmd',
      keyKind: 'ec_p256',
      name: 'acme-0001',
      subject: subjectOf(name),
    })
    const echoed = text
      .split('\r\n')
      .filter((line) => /^>{1,2}acme-0001\.cnf echo /.test(line))
      .map((line) => line.replace(/^>{1,2}acme-0001\.cnf echo /, ''))
    const variables = { PATH: 'C:\\', USERNAME: 'ann' }
    expect(echoed.map((line) => readCmdEcho(line, variables))).toEqual(
      toConfigLines(subjectOf(name), 'acme-0001'),
    )
  },
)
