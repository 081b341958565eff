import { beforeAll, describe, expect, test } from 'vitest'
import { openToolFolder } from '../../../test/support/tool-folder.ts'
import { PosternError } from '../../errors.ts'
import { openSequence } from '../der/der-reader.ts'
import { element, integer, octetString, oid, sequence, setOf } from '../der/der-writer.ts'
import { toBase64, toHex } from '../der/fingerprint.ts'
import { formatName } from '../name/name.ts'
import { findPemBlocks, toPem } from '../text/pem.ts'
import { parseCertificateRequest } from './certificate-request.ts'

/** Files created once with OpenSSL, by name. */
const text: Record<string, string> = {}
const bytes: Record<string, Uint8Array> = {}
let der: Uint8Array
const get = (name: string) => text[name] as string
const getBytes = (name: string) => bytes[name] as Uint8Array

beforeAll(() => {
  using folder = openToolFolder()
  const make = (name: string, command: string) => {
    folder.run(`openssl ${command} -out ${name}`)
    bytes[name] = folder.read(name)
    text[name] = new TextDecoder().decode(bytes[name])
  }
  make('key.pem', 'genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256')
  make('rsa.pem', 'genrsa -traditional')
  make('sec1.pem', 'ec -in key.pem')
  make('encrypted.pem', 'pkey -in key.pem -aes256 -passout pass:secret')
  make('traditional-encrypted.pem', 'rsa -in rsa.pem -traditional -aes128 -passout pass:secret')
  make('key.der', 'pkey -in key.pem -outform DER')
  make('rsa.der', 'rsa -in rsa.pem -traditional -outform DER')
  make('sec1.der', 'ec -in key.pem -outform DER')
  make('encrypted.der', 'pkcs8 -topk8 -in key.pem -outform DER -passout pass:secret')
  make('request.csr', 'req -new -key key.pem -subj /C=DE/O=Acme/CN=acme-0001')
  make('other.csr', 'req -new -key rsa.pem -subj /CN=acme-0002')
  make('printed.csr', 'req -in request.csr -text')
  make('only-printed.txt', 'req -in request.csr -text -noout')
  make('certificate.pem', 'req -x509 -key key.pem -subj /CN=acme-0001')
  make('certificate.der', 'x509 -in certificate.pem -outform DER')
  make('public.pem', 'pkey -in key.pem -pubout')
  make('rsa-public.pem', 'rsa -in rsa.pem -RSAPublicKey_out')
  make('store.p12', 'pkcs12 -export -in certificate.pem -inkey key.pem -passout pass:secret')
  make('chain.p7b', 'crl2pkcs7 -nocrl -certfile certificate.pem')
  folder.write('index.txt', '')
  folder.write(
    'ca.cnf',
    '[ca]\ndefault_ca=d\n[d]\ndatabase=index.txt\ndefault_md=sha256\ndefault_crl_days=1\n',
  )
  make('list.crl', 'ca -gencrl -config ca.cnf -cert certificate.pem -keyfile key.pem')
  der = findPemBlocks(get('request.csr'))[0]?.der as Uint8Array
})

const codeOf = (input: string | Uint8Array): string => {
  try {
    parseCertificateRequest(input)
    return 'accepted'
  } catch (error) {
    expect(error).toBeInstanceOf(PosternError)
    return (error as PosternError).code
  }
}
const utf16 = (content: string, isLittleEndian = true) =>
  Uint8Array.from(
    [...`\ufeff${content}`].flatMap((letter) => {
      const unit = letter.charCodeAt(0)
      return isLittleEndian ? [unit & 0xff, unit >> 8] : [unit >> 8, unit & 0xff]
    }),
  )

describe('one CSR is accepted', () => {
  const forms: [string, () => string | Uint8Array][] = [
    ['as PEM', () => get('request.csr')],
    ['as bytes of PEM', () => getBytes('request.csr')],
    ['as DER', () => der],
    ['as DER in base64', () => toBase64(der)],
    ['as DER in base64 with line ends', () => get('request.csr').replace(/-----.*-----/g, '')],
    ['with the label NEW CERTIFICATE REQUEST', () => toPem('NEW CERTIFICATE REQUEST', der)],
    ['in UTF-16', () => utf16(get('request.csr'))],
    ['in UTF-16 with the other byte order', () => utf16(get('request.csr'), false)],
    ['with the label of a certificate', () => toPem('CERTIFICATE', der)],
    ['with CR LF', () => get('request.csr').replaceAll('\n', '\r\n')],
    ['with a byte order mark', () => `\ufeff${get('request.csr')}`],
    ['with a byte order mark in bytes', () => new TextEncoder().encode(`\ufeff${get('request.csr')}`)],
    ['with spaces around its lines', () => get('request.csr').replaceAll('\n', ' \n\t ')],
    ['with a print-out above it', () => get('printed.csr')],
    ['with a greeting and a signature', () => `Hi,\nhere it is:\n\n${get('request.csr')}\n-- \nMia`],
  ]
  test.each(forms)('in the form: %s', (_, give) => {
    const request = parseCertificateRequest(give())
    expect(request.der).toEqual(der)
    expect(formatName(request.subject)).toBe('CN=acme-0001,O=Acme,C=DE')
    expect(request.publicKey.label).toBe('EC P-256')
    expect(request.signatureAlgorithm).toMatchObject({ name: 'ecdsaWithSHA256', hash: 'SHA-256' })
  })
})

describe('a private key is detected, with instructions for a new one', () => {
  const forms: [string, () => string | Uint8Array][] = [
    ['PKCS#8', () => get('key.pem')],
    ['PKCS#8 in bytes', () => getBytes('key.pem')],
    ['RSA', () => get('rsa.pem')],
    ['EC', () => get('sec1.pem')],
    ['encrypted', () => get('encrypted.pem')],
    ['encrypted in the traditional format', () => get('traditional-encrypted.pem')],
    ['PKCS#8 as DER', () => getBytes('key.der')],
    ['RSA as DER', () => getBytes('rsa.der')],
    ['EC as DER', () => getBytes('sec1.der')],
    ['encrypted as DER', () => getBytes('encrypted.der')],
    ['as DER in base64', () => toBase64(getBytes('key.der'))],
    ['after the CSR', () => get('request.csr') + get('key.pem')],
    ['before the CSR', () => get('key.pem') + get('request.csr')],
    ['after the DER of a CSR', () => Uint8Array.from([...der, ...getBytes('key.pem')])],
    ['with another label', () => toPem('CERTIFICATE REQUEST', getBytes('key.der'))],
    ['truncated', () => get('rsa.pem').slice(0, 400)],
    ['without its first line', () => get('rsa.pem').slice(40)],
    ['without its dashes', () => get('key.pem').replaceAll('-', '')],
    ['with escaped line ends', () => get('key.pem').replaceAll('\n', '\\n')],
    ['in UTF-16', () => utf16(get('key.pem'))],
    ['in UTF-16 with the other byte order', () => utf16(get('key.pem'), false)],
    ['in a huge text', () => `${' '.repeat(1_000_000)}${get('key.pem')}`],
    ['after the DER of a CSR, as DER', () => Uint8Array.from([...der, ...getBytes('key.der')])],
    ['wrapped in an attribute of a CSR', () => enlarge(0, getBytes('key.der'))],
    ['as text in an attribute of a CSR', () => toPem('CERTIFICATE REQUEST', enlarge(0, getBytes('key.pem')))],
    ['as base64 within other text', () => `key = "${toBase64(getBytes('key.der'))}"`],
    [
      'as base64 of RSA within other text',
      () => `Here:\n\n${get('rsa.pem').replace(/-----.*-----\n/g, '')}\nMia`,
    ],
    [
      'as base64 with escaped line ends',
      () =>
        `k: ${get('sec1.pem')
          .replace(/-----.*-----/g, '')
          .replaceAll('\n', '\\n')}`,
    ],
    ['as base64 of an encrypted one', () => `k: ${toBase64(getBytes('encrypted.der'))}`],
    ['as base64 of PEM', () => `KEY=${toBase64(getBytes('key.pem'))}`],
    ['OpenSSH without its armor', () => 'b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAMwAAAAtz'],
    ['XML of .NET', () => '<RSAKeyValue><Modulus>AQAB</Modulus><D>AQAB</D></RSAKeyValue>'],
    ['OpenSSH', () => '-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEA\n'],
    ['PuTTY', () => 'PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\n'],
    ['JSON Web Key', () => '{"kty":"EC","crv":"P-256","x":"a","y":"b","d" : "c"}'],
  ]
  test.each(forms)('in the form: %s', (_, give) => {
    expect(() => parseCertificateRequest(give())).toThrow(
      expect.objectContaining({
        code: 'csr_is_private_key',
        message: expect.stringMatching(/not stored.*exposed.*new key and a new CSR/),
      }),
    )
  })

  test('without repeating it in the error', () => {
    const line = get('key.pem').split('\n')[1] as string
    try {
      parseCertificateRequest(get('key.pem'))
      expect.unreachable()
    } catch (error) {
      expect(`${error} ${(error as PosternError).detail} ${(error as Error).cause}`).not.toContain(
        line.slice(0, 8),
      )
    }
  })
})

describe('other content is identified', () => {
  const rows: [string, () => string | Uint8Array, string, string][] = [
    ['nothing', () => '', 'csr_missing', 'There is no CSR yet'],
    ['no bytes', () => new Uint8Array(), 'csr_missing', 'There is no CSR yet'],
    ['white space', () => ' \r\n\t', 'csr_missing', 'There is no CSR yet'],
    ['a certificate', () => get('certificate.pem'), 'csr_is_certificate', 'a certificate, not a CSR'],
    ['a certificate as DER', () => getBytes('certificate.der'), 'csr_is_certificate', 'a certificate'],
    ['two CSRs', () => get('request.csr') + get('other.csr'), 'csr_several', '2 CSRs'],
    ['the same CSR twice', () => get('request.csr').repeat(2), 'csr_several', '2 CSRs'],
    ['a CSR and a certificate', () => get('request.csr') + get('certificate.pem'), 'csr_several', 'alone'],
    ['PKCS#12', () => getBytes('store.p12'), 'csr_is_something_else', 'PKCS#12'],
    [
      'a Java key store',
      () => Uint8Array.of(0xfe, 0xed, 0xfe, 0xed, 0, 0, 0, 2),
      'csr_is_something_else',
      'Java',
    ],
    ['two CSRs in DER', () => Uint8Array.from([...der, ...der]), 'csr_several', '2 CSRs'],
    ['PKCS#7', () => get('chain.p7b'), 'csr_is_something_else', 'PKCS#7'],
    ['a CRL', () => get('list.crl'), 'csr_is_something_else', '(CRL)'],
    ['a public key', () => get('public.pem'), 'csr_is_something_else', 'a public key'],
    ['an RSA public key', () => get('rsa-public.pem'), 'csr_is_something_else', 'a public key'],
    [
      'EC parameters',
      () => toPem('EC PARAMETERS', Uint8Array.of(6, 1, 42)),
      'csr_is_something_else',
      'parameters',
    ],
    [
      'an SSH key',
      () => 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ me@here',
      'csr_is_something_else',
      'an SSH key',
    ],
    [
      'an SSH key of another form',
      () => '---- BEGIN SSH2 PUBLIC KEY ----\nAAAA',
      'csr_is_something_else',
      'SSH',
    ],
    ['a note in UTF-16', () => utf16('Dear Sir or Madam,'), 'csr_is_something_else', 'UTF-16'],
    ['a PDF', () => '%PDF-1.7\n%', 'csr_is_something_else', 'a PDF'],
    ['an Office document', () => Uint8Array.of(0x50, 0x4b, 3, 4, 20, 0), 'csr_is_something_else', 'Office'],
    ['a note in RTF', () => '{\\rtf1\\ansi Hello}', 'csr_is_something_else', 'RTF'],
    ['hexadecimal digits', () => toHex(der), 'csr_is_something_else', 'hexadecimal'],
    ['a print-out alone', () => get('only-printed.txt'), 'csr_is_something_else', 'print-out'],
    ['the command', () => 'openssl req -new -key a.key', 'csr_is_something_else', 'command'],
    ['JSON', () => '{"csr": 1}', 'csr_is_something_else', 'JSON'],
    ['a web page', () => '<!doctype html><p>No', 'csr_is_something_else', 'HTML'],
    ['a letter', () => 'Dear Sir or Madam,', 'csr_is_something_else', 'some other text'],
    ['a picture', () => Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 13, 10), 'csr_is_something_else', 'a picture'],
    ['a PGP key', () => '-----BEGIN PGP PUBLIC KEY BLOCK-----', 'csr_is_something_else', 'PGP'],
    ['a truncated CSR', () => get('request.csr').slice(0, 200), 'csr_malformed', 'BEGIN and END'],
    ['a CSR with a missing letter', () => get('request.csr').replace(/M(.*)\n/, '$1\n'), 'csr_malformed', ''],
    ['a truncated CSR in DER', () => der.subarray(0, der.length - 1), 'csr_malformed', 'cut short'],
    ['a CSR in DER with trailing data', () => Uint8Array.from([...der, 0]), 'csr_malformed', 'more data'],
    [
      'random data with the right label',
      () => toPem('CERTIFICATE REQUEST', Uint8Array.of(48, 1, 5)),
      'csr_malformed',
      'cut short',
    ],
    ['a text over the limit', () => 'x'.repeat(70_000), 'csr_too_large', '16 KiB'],
    ['a CSR over the limit', () => toPem('CERTIFICATE REQUEST', enlarge(17_000)), 'csr_too_large', '16 KiB'],
  ]
  test.each(rows)('in the form: %s', (_, give, code, words) => {
    expect(() => parseCertificateRequest(give())).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(words) }),
    )
  })

  test('numbers in an attribute of a CSR are not a private key', () => {
    const numbers = sequence(integer(1), integer(2), oid('1.2.3.4'))
    const row = sequence(...[1, 2, 3, 4, 5].map(integer))
    for (const content of [numbers, row, sequence(integer(1), integer(2))])
      expect(codeOf(enlarge(0, content))).toBe('accepted')
  })

  test('a CSR of almost 16 KiB is accepted', () => {
    expect(codeOf(toPem('CERTIFICATE REQUEST', enlarge(16_000)))).toBe('accepted')
  })
})

/** Returns the CSR with an attribute that fills it up, or with the given content. */
function enlarge(octets: number, content: Uint8Array = new Uint8Array(octets)): Uint8Array {
  const outer = openSequence(der, 'csr_malformed')
  const info = openSequence(outer.readEncoded(), 'csr_malformed')
  const fields = [info.readEncoded(), info.readEncoded(), info.readEncoded()]
  const attribute = sequence(oid('1.2.3.4'), setOf([octetString(content)]))
  return sequence(sequence(...fields, element(0xa0, attribute)), outer.readEncoded(), outer.readEncoded())
}
