import { listParts } from '../../src/pki/der/der-outline.ts'
import { openSequence } from '../../src/pki/der/der-reader.ts'
import { toBase64 } from '../../src/pki/der/fingerprint.ts'
import { openToolFolder, type ToolFolder } from '../support/tool-folder.ts'
import { catchClientHellos } from './catch-client-hellos.ts'
import { keepInput } from './corpus.ts'
import { listElements, readTree, type TreeElement, writeTree } from './element-tree.ts'
import { makeChains } from './make-chains.ts'
import { makePrivateKeys } from './make-private-keys.ts'

/**
 * Writes the fuzzer's initial inputs: the output of OpenSSL, whole and in pieces. Each run creates new keys.
 */
async function makeSeeds(): Promise<void> {
  using folder = openToolFolder()
  folder.write('openssl.cnf', configuration)
  const requests = makeRequests(folder)
  const certificates = makeCertificates(folder)
  const list = makeRevocationList(folder)
  const questions = makeOcspRequests(folder)
  const keys = makePrivateKeys(folder)

  keep(['find-request', 'certificate-request', 'request-gate', 'identify-der', 'der-reader'], requests)
  keep(['certificate', 'identify-der', 'der-reader', 'find-request'], certificates)
  keep(['revocation-list', 'identify-der', 'der-reader'], [list])
  keep(['ocsp-request', 'der-reader'], questions)
  keep(['private-key', 'identify-der', 'find-request', 'pem', 'text-format'], keys)
  for (const name of ['find-request', 'pem', 'private-key', 'certificate-request'])
    keep([name], [folder.read('request.pem'), folder.read('request.txt')])
  for (const der of [...requests, ...certificates]) keepPieces(der)
  keep(['path', 'certificate'], makeChains(folder))
  keep(['client-hello'], await catchClientHellos())
  const escaped = encodeURIComponent(new TextDecoder().decode(folder.read('certificate0.pem')))
  const bare = toBase64(certificates[0] as Uint8Array)
  keep(['certificate-header'], [escaped, bare, `${bare},${bare}`, encodeURIComponent(bare)].map(encode))
  keep(['distinguished-name', 'text-format', 'ip-address'], texts.map(encode))
  keep(['client-assertion', 'client-keys'], clientTexts.map(encode))
}

/** Inputs that clients create: an assertion, and public keys. */
const clientTexts = [
  'eyJhbGciOiJFUzI1NiIsImtpZCI6ImEifQ.eyJpc3MiOiJhIiwic3ViIjoiYSIsImV4cCI6MX0.AAAA',
  'e30.e30.',
  '{"keys":[{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}',
  '{"kty":"EC","crv":"P-256","x":"AA","y":"AA"}',
  '-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n-----END PUBLIC KEY-----\n',
]

const encode = (text: string) => new TextEncoder().encode(text)

function keep(readers: string[], inputs: Uint8Array[]): void {
  for (const reader of readers) for (const input of inputs) keepInput(reader, input)
}

/** Keeps parts of CSRs and certificates for the readers of those parts. */
function keepPieces(der: Uint8Array): void {
  const elements = listElements(readTree(der)).map(({ list, index }) => list[index] as TreeElement)
  const tagsOf = ({ content }: TreeElement) =>
    content instanceof Uint8Array ? '' : content.map(({ tag }) => tag.toString(16)).join()
  for (const each of elements) {
    const bytes = writeTree([each])
    const shape = tagsOf(each)
    if (/^31(,31)*$/.test(shape)) keepInput('name', bytes)
    if (/^30,3$/.test(shape)) keepInput('public-key', bytes)
    if (/^6(,5|,30)?$/.test(shape) && each.tag === 0x30) keepInput('signature-algorithm', bytes)
    if (/^2,2$/.test(shape) && bytes.length < 200) keepInput('ecdsa-signature', bytes)
    if (each.tag === 0x30 && /^(8[1-8]|a[0345])(,|$)/.test(shape)) keepInput('general-names', bytes)
    if (each.tag === 0x30 && /^30(,30)*$/.test(shape) && isExtensions(bytes)) keepInput('extensions', bytes)
  }
}

function isExtensions(bytes: Uint8Array): boolean {
  const first = openSequence(bytes, 'certificate_malformed').readSequence()
  return first.peekTag() === 0x06 && listParts(bytes, 0, bytes.length, 1).length === 1
}

const configuration = `
[req]
distinguished_name = dn
[dn]
[wishes]
basicConstraints = critical,CA:TRUE,pathlen:3
keyUsage = critical,digitalSignature,keyCertSign,cRLSign
extendedKeyUsage = clientAuth,OCSPSigning,1.2.3.4
subjectAltName = DNS:a.example,IP:192.0.2.1,IP:2001:db8::1,URI:urn:x,email:a@b.example,RID:1.2.3.4,dirName:dn2,otherName:1.3.6.1.4.1.311.20.2.3;UTF8:u@b
subjectKeyIdentifier = hash
[everything]
basicConstraints = CA:TRUE
keyUsage = encipherOnly,decipherOnly,keyAgreement
extendedKeyUsage = critical,anyExtendedKeyUsage
subjectAltName = critical,DNS:b.example
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid:always,issuer:always
crlDistributionPoints = point
authorityInfoAccess = OCSP;URI:http://o.example,caIssuers;URI:http://i.example,1.2.3;DNS:x
certificatePolicies = 1.2.3.4
nameConstraints = critical,permitted;DNS:.example
1.3.6.1.5.5.7.1.24 = DER:3003020105
[point]
fullname = URI:http://c.example/1,dirName:dn2
CRLissuer = dirName:dn2
reasons = keyCompromise
[dn2]
C = DE
O = Acme
[ca]
default_ca = it
[it]
database = index.txt
crlnumber = crlnumber
default_md = sha256
default_crl_days = 7
`
const subject = "/C=DE/O=Acme \\/ O'Neil/OU=Łódź+CN=acme-0001/emailAddress=a@b.example/1.2.3.4.5=x"
const ec = (curve: string) => `-algorithm EC -pkeyopt ec_paramgen_curve:${curve}`
const rsa = '-algorithm RSA -pkeyopt rsa_keygen_bits:2048'
const pss = ' -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:32'

function makeRequests(folder: ToolFolder): Uint8Array[] {
  const kinds: [string, string][] = [
    [ec('P-256'), '-sha256'],
    [ec('P-384'), '-sha384 -reqexts wishes'],
    [ec('P-521'), '-sha512'],
    ['-algorithm ED25519', ''],
    [rsa, '-sha256'],
    [rsa, `-sha512${pss}`],
    [ec('secp256k1'), '-sha1'],
  ]
  return kinds.map(([key, options], i) => {
    folder.run(`openssl genpkey ${key} -out key${i}.pem`)
    const make = `openssl req -new -config openssl.cnf -utf8 -key key${i}.pem`.split(' ')
    folder.run(
      [...make, ...options.split(' ').filter((word) => word !== '')].join(' '),
      '-subj',
      subject,
      '-out',
      'request.pem',
    )
    folder.run('openssl req -in request.pem -text -out request.txt')
    folder.run('openssl req -in request.pem -outform DER -out request.der')
    return folder.read('request.der')
  })
}

function makeCertificates(folder: ToolFolder): Uint8Array[] {
  return ['wishes', 'everything', ''].map((section, i) => {
    const extensions = section === '' ? '' : ` -extensions ${section}`
    const days = i === 1 ? 20_000 : 30
    const file = `certificate${i}`
    const x509 =
      section === '' ? `openssl req -x509 -new -config openssl.cnf -key key3.pem -days ${days}` : ''
    folder.run(
      x509 === ''
        ? `openssl req -x509 -new -config openssl.cnf -key key0.pem -days ${days}${extensions}`
        : x509,
      '-subj',
      subject.replace('Łódź', 'L'),
      '-out',
      `${file}.pem`,
    )
    folder.run(`openssl x509 -in ${file}.pem -outform DER -out ${file}.der`)
    return folder.read(`${file}.der`)
  })
}

function makeRevocationList(folder: ToolFolder): Uint8Array {
  const row = (serial: string, reason: string) =>
    `R\t300101000000Z\t240101000000Z${reason}\t${serial}\tunknown\t/CN=x\n`
  folder.write('index.txt', row('01', '') + row('80', ',keyCompromise') + row('7FFFFFFFFFFFFFFFFFFF', ''))
  folder.write('crlnumber', '01\n')
  folder.run('openssl ca -config openssl.cnf -gencrl -cert certificate0.pem -keyfile key0.pem -out list.pem')
  folder.run('openssl crl -in list.pem -outform DER -out list.der')
  return folder.read('list.der')
}

function makeOcspRequests(folder: ToolFolder): Uint8Array[] {
  return ['-no_nonce', '-sha256', '-signer certificate0.pem -signkey key0.pem'].map((options) => {
    folder.run(
      `openssl ocsp ${options.startsWith('-sha') ? `${options} ` : ''}-issuer certificate0.pem -serial 0x0123 -serial 0x80 -reqout question.der${options.startsWith('-sha') ? '' : ` ${options}`}`,
    )
    return folder.read('question.der')
  })
}

const texts = [
  'CN=acme-0001,O=O\'Neil\\, \\"Quoted\\" & Co,C=GB',
  'cn=ACME-0001, o="a, b" + OU=x;2.5.4.6=gb',
  'OID.2.5.4.10=\\c5\\81\\C3\\b3d\\z,CN=#0c0161',
  '192.0.2.1',
  '2001:db8::1',
  '::ffff:c000:201',
  '1:2:3:4:5:6:7:8',
  '{"kty":"EC","d":"x"}',
  '<RSAKeyValue><D>x</D></RSAKeyValue>',
  'ssh-ed25519 AAAAC3Nz a@b',
  'PuTTY-User-Key-File-3: ssh-ed25519',
  '-----BEGIN PGP MESSAGE-----\n',
]

await makeSeeds()
