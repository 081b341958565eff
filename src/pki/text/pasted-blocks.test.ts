import { readFileSync } from 'node:fs'
import { beforeAll, describe, expect, test } from 'vitest'
import { openToolFolder } from '../../../test/support/tool-folder.ts'
import { findCertificates } from '../certificate/find-certificates.ts'
import { toBase64, toBase64Url } from '../der/fingerprint.ts'
import { checkCertificateRequest } from '../request/check-request.ts'
import { findPemBlocks, toPem } from './pem.ts'
import { containsPrivateKey } from './private-key-text.ts'

const report = (name: string) =>
  readFileSync(new URL(`../../../test/reports/csr/${name}`, import.meta.url), 'utf8')

/** Each has slashes, plus signs and padding in its base64, so that every change of them is tested. */
let pem: string
let certificate: string
let key: string

beforeAll(() => {
  using folder = openToolFolder()
  folder.run('openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out key.pem')
  const text = (name: string) => new TextDecoder().decode(folder.read(name))
  const make = (name: string, options: string) => {
    for (let attempt = 0; attempt < 200; attempt += 1) {
      folder.run(
        `openssl req -new -key key.pem -subj /O=Acme/CN=${'a'.repeat(20 + (attempt % 3))}${options} -out ${name}`,
      )
      const body = text(name)
        .replaceAll(/-----.*-----/g, '')
        .trim()
      if (/\+/.test(body) && /\//.test(body) && body.endsWith('=')) return text(name)
    }
    throw new Error('no such signature came')
  }
  pem = make('request.csr', '')
  certificate = make('certificate.pem', ' -x509')
  key = text('key.pem')
})

const lines = (text: string) => text.trimEnd().split('\n')
const map = (change: (line: string, i: number) => string) => (text: string) =>
  `${lines(text).map(change).join('\n')}\n`
const toUtf16 = (text: string) => [...text].map((letter) => `${letter}\0`).join('')

/** The changes that programs make to the text of a file in transit. */
const ways: [string, (text: string) => string][] = [
  ['on one line with spaces', (text) => text.replaceAll('\n', ' ')],
  ['on one line without spaces', (text) => text.replaceAll('\n', '')],
  ['without white space', (text) => text.replaceAll(/\s/g, '')],
  ['with tabs', (text) => text.replaceAll('\n', '\t')],
  ['with no-break spaces', (text) => text.replaceAll(/ |\n/g, '\u00a0')],
  ['with literal line ends', (text) => text.replaceAll('\n', '\\n')],
  ['with literal line ends of Windows', (text) => text.replaceAll('\n', '\\r\\n')],
  ['with line ends escaped twice', (text) => text.replaceAll('\n', '\\\\n')],
  ['as a string of JSON', (text) => JSON.stringify(text)],
  ['as a string of JSON in a string of JSON', (text) => JSON.stringify(JSON.stringify(text))],
  ['within an object of JSON', (text) => JSON.stringify({ csr: text, more: 1 })],
  ['as PHP writes JSON', (text) => JSON.stringify(text).replaceAll('/', '\\/')],
  ['as .NET writes JSON', (text) => JSON.stringify(text).replaceAll('+', '\\u002B')],
  ['as lines of a program', map((line) => `"${line}\\n" +`)],
  ['as lines of C', map((line) => `  "${line}\\n"`)],
  ['in typographic quotes', (text) => `“${text}”`],
  ['in a block of Markdown', (text) => `\`\`\`\n${text}\`\`\``],
  ['base64 of it', (text) => toBase64(new TextEncoder().encode(text))],
  ['base64 of it in lines', (text) => toBase64(new TextEncoder().encode(text)).replace(/.{76}/g, '$&\n')],
  ['base64url of it', (text) => toBase64Url(new TextEncoder().encode(text))],
  ['base64 of base64 of it', (text) => btoa(btoa(text))],
  [
    'base64 of it in an object of Kubernetes',
    (text) => `spec:\n  request: ${btoa(text)}\n  usages: [client auth]`,
  ],
  ['base64 of it with a line before', (text) => btoa(`here:\n${text}`)],
  ['base64 of UTF-16 of it', (text) => btoa(toUtf16(text))],
  ['quoted in an email', map((line) => `> ${line}`)],
  ['quoted twice in an email', map((line) => `>> ${line}`)],
  ['quoted with initials', map((line) => `JD> ${line}`)],
  ['quoted with bars', map((line) => `| ${line}`)],
  ['quoted-printable', (text) => text.replaceAll('=', '=3D')],
  [
    'quoted-printable with soft line ends',
    (text) => text.replaceAll('=', '=3D').replace(/^.{40}/gm, '$&=\r\n'),
  ],
  ['with zero-width spaces', (text) => text.replace(/[A-Z]{2}/g, (two) => two.split('').join('\u200b'))],
  ['with zero-width joiners and soft hyphens', (text) => text.replace(/\w{9}/g, '$&\u200d\u00ad\u2060')],
  ['after byte order marks', map((line) => `\ufeff${line}`)],
  ['with en dashes', (text) => text.replaceAll('-', '–')],
  ['with em dashes', (text) => text.replaceAll('--', '—')],
  ['with one em dash', (text) => text.replaceAll('-----', '—')],
  ['with minus signs', (text) => text.replaceAll('-', '−')],
  ['with non-breaking hyphens', (text) => text.replaceAll('-', '‑')],
  ['with dashes of Windows that were read as UTF-8', (text) => text.replaceAll('-', '\ufffd')],
  ['with en dashes in a wrong character set', (text) => text.replaceAll('-', 'â€“')],
  [
    'in full-width letters',
    (text) => text.replace(/[!-~]/g, (c) => String.fromCharCode(c.charCodeAt(0) + 0xfee0)),
  ],
  ['with a missing dash', (text) => text.replaceAll('-----', '----')],
  ['with an extra dash', (text) => text.replaceAll('-----', '------')],
  ['with two dashes', (text) => text.replaceAll('-----', '--')],
  ['with dashes on one side only', (text) => text.replace(/-----$/gm, '')],
  ['with spaces inside its dashes', (text) => text.replace(/-----(.*)-----/g, '----- $1 -----')],
  ['without dashes', (text) => text.replaceAll('-----', '')],
  ['without its first line', (text) => lines(text).slice(1).join('\n')],
  ['without its last line', (text) => lines(text).slice(0, -1).join('\n')],
  ['without its last line, before a signature', (text) => `${lines(text).slice(0, -1).join('\n')}\n\nMia`],
  [
    'with a first line in small letters',
    (text) => text.replace(/-----BEGIN.*-----/, (line) => line.toLowerCase()),
  ],
  ['with its first line broken', (text) => text.replace('CERTIFICATE', 'CERTIFICATE\n').replace('\n ', '\n')],
  ['in UTF-16', toUtf16],
  [
    'in RTF',
    (text) =>
      `{\\rtf1\\ansi\\deff0 {\\fonttbl {\\f0 Courier;}}\\f0\\fs20 ${text.replaceAll('\n', '\\par\n')}}`,
  ],
  [
    'in RTF with typographic dashes',
    (text) => `{\\rtf1\\ansi ${text.replaceAll('-', "\\'96").replaceAll('\n', '\\line ')}}`,
  ],
  ['in HTML with line breaks', (text) => `<p>${text.replaceAll('\n', '<br>')}</p>`],
  ['in HTML with numbers for line ends', (text) => text.replaceAll('\n', '&#10;')],
  [
    'in HTML with hexadecimal numbers',
    (text) => text.replaceAll('\n', '&#xD;&#xA;').replaceAll('+', '&#x2b;'),
  ],
  [
    'in HTML with names',
    (text) => text.replaceAll('+', '&plus;').replaceAll('/', '&sol;').replaceAll('=', '&equals;'),
  ],
  [
    'in HTML with an element for each line',
    map((line) => `<div class="line">${line.replaceAll(' ', '&nbsp;')}</div>`),
  ],
  ['in HTML that was escaped twice', (text) => text.replaceAll('\n', '&amp;#10;')],
  ['indented', map((line) => `        ${line}`)],
  ['indented in YAML', (text) => `csr: |\n${map((line) => `  ${line}`)(text)}`],
  ['with line numbers', map((line, i) => `${String(i + 1).padStart(6)}\t${line}`)],
  ['with line numbers and colons', map((line, i) => `${i + 1}:${line}`)],
  ['with line numbers and points', map((line, i) => `${i + 1}. ${line}`)],
  ['as added lines of a patch', map((line) => `+${line}`)],
  ['as removed lines of a patch', map((line) => `-${line}`)],
  ['as a comment', map((line) => `# ${line}`)],
  ['as a comment of a program', map((line) => ` * ${line}`)],
  ['as a comment with slashes', map((line) => `// ${line}`)],
  ['with backslashes at the ends', map((line) => `${line}\\`)],
  ['with empty lines between', (text) => text.replaceAll('\n', '\n\n')],
  ['with CR alone', (text) => text.replaceAll('\n', '\r')],
  ['with line separators of Unicode', (text) => text.replaceAll('\n', '\u2028')],
  ['percent-encoded', encodeURIComponent],
  [
    'percent-encoded, in capitals and with the spaces of forms',
    (text) => encodeURIComponent(text).replaceAll('%20', '+'),
  ],
  ['with plus signs that a form has replaced by spaces', map((line) => line.replaceAll('+', ' '))],
  [
    'with headers',
    (text) => text.replace('-----\n', '-----\nProc-Type: 2,MIC-ONLY\nContent-Domain: RFC822\n\n'),
  ],
  ['with headers and no empty line', (text) => text.replace('-----\n', '-----\nComment: made by a tool\n')],
  [
    'with an explanation around it',
    (text) => `Bag Attributes\n    localKeyID: 01\nsubject=O = Acme\n${text}\nRegards`,
  ],
]

describe('a pasted CSR or certificate is read', () => {
  test.each(ways)('%s', async (_, change) => {
    const [request] = findPemBlocks(pem)
    const checked = await checkCertificateRequest(change(pem), ['ec-p256'])
    expect(toBase64(checked.der)).toBe(toBase64(request?.der as Uint8Array))
    const [issued] = findPemBlocks(certificate)
    expect(findCertificates(change(certificate)).map(({ der }) => toBase64(der))).toEqual([
      toBase64(issued?.der as Uint8Array),
    ])
    const bytes = new TextEncoder().encode(change(pem))
    expect((await checkCertificateRequest(bytes, ['ec-p256'])).spkiSha256).toBe(checked.spkiSha256)
  })

  test.each([
    ['one-line-with-spaces.txt'],
    ['literal-backslash-n.txt'],
    ['base64-of-pem.txt'],
    ['ecdsa-sha256-null-parameters.pem'],
    ['printable-string-umlaut.pem'],
  ])('from the reported %s', async (name) => {
    const { subject } = await checkCertificateRequest(report(name), ['ec-p256', 'rsa-2048'])
    expect(subject.length).toBeGreaterThan(1)
  })

  test.each([0, 1])('with a space in place of a plus sign at an end of its line (%i)', async (before) => {
    const [request] = findPemBlocks(pem)
    const der = request?.der as Uint8Array
    const base64 = toBase64(der)
    // Lines of a width at which the first plus sign ends one, or begins the next.
    const width = base64.indexOf('+', 8) + 1 - before
    const body = (base64.match(new RegExp(`.{1,${width}}`, 'g')) ?? []).map((line) =>
      line.replaceAll('+', ' '),
    )
    expect(body[before]?.at(before - 1)).toBe(' ')
    const text = toPem('CERTIFICATE REQUEST', der).replace(/\n[^-]+\n/, `\n${body.join('\n')}\n`)
    expect((await checkCertificateRequest(text, ['ec-p256'])).der).toEqual(der)
  })

  test('with several certificates, each on its own line', () => {
    const text = `${certificate}${certificate}`.replaceAll('\n', ' ')
    expect(findCertificates(text)).toHaveLength(2)
  })

  test('under the label of a certificate, or with different labels at its ends', async () => {
    const [request] = findPemBlocks(pem)
    const relabelled = toPem('CERTIFICATE', request?.der as Uint8Array)
    const mixed = pem.replace('END CERT', 'END NEW CERT')
    for (const text of [relabelled, mixed])
      expect((await checkCertificateRequest(text, ['ec-p256'])).der).toEqual(request?.der)
  })

  test('in base64 or base64url without armor, as in ACME', async () => {
    const [request] = findPemBlocks(pem)
    const der = request?.der as Uint8Array
    for (const text of [
      toBase64Url(der),
      `"${toBase64(der)}"`,
      `data:application/pkcs10;base64,${toBase64(der)}`,
    ])
      expect((await checkCertificateRequest(text, ['ec-p256'])).der).toEqual(der)
  })
})

describe('a private key is rejected and not repeated', () => {
  test.each(ways)('%s', async (_, change) => {
    const text = change(key)
    expect(containsPrivateKey(text)).toBe(true)
    expect(containsPrivateKey(pem + text)).toBe(true)
    const rejection = await checkCertificateRequest(text, ['ec-p256']).catch((error) => error)
    expect(rejection).toMatchObject({ code: 'csr_is_private_key' })
    expect(`${rejection.message}${rejection.detail}`).not.toContain(lines(key)[1]?.slice(0, 8))
    expect(() => findCertificates(text)).toThrow(
      expect.objectContaining({ code: 'certificate_is_private_key' }),
    )
  })
})

test('a damaged CSR is rejected with instructions', async () => {
  for (const text of [
    pem.slice(0, 200),
    pem.replace(/\n(.{30})/, '\n'),
    pem.replace(/([A-Z])([a-z])/, '$2$1').toLowerCase(),
    pem.replaceAll('\n', ' ').slice(0, -60),
  ])
    await expect(checkCertificateRequest(text, ['ec-p256'])).rejects.toMatchObject({
      code: 'csr_malformed',
      message: expect.stringContaining('openssl req -new -key client.key -out client.csr'),
    })
})
