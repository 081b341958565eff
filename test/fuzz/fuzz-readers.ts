import { isDeepStrictEqual } from 'node:util'
import { findChallengeFile, formatChallengeFile } from '../../src/contract/registration.ts'
import {
  decodeBase64,
  decodeElements,
  decodeEscapedPem,
} from '../../src/gateway/authorizer/decode-certificate.ts'
import { readClientHello } from '../../src/gateway/listener/client-hello.ts'
import { parseCertificate } from '../../src/pki/certificate/certificate.ts'
import { findCertificates } from '../../src/pki/certificate/find-certificates.ts'
import { parseExtension } from '../../src/pki/certificate/parse-extension.ts'
import { DerReader, openSequence } from '../../src/pki/der/der-reader.ts'
import { bitString, sequence, unsignedInteger } from '../../src/pki/der/der-writer.ts'
import { parseExtensions } from '../../src/pki/der/extension.ts'
import { identifyDer } from '../../src/pki/der/identify-der.ts'
import { isSameBytes } from '../../src/pki/der/same-bytes.ts'
import { parseEcdsaSignature } from '../../src/pki/key/ecdsa-signature.ts'
import { parseClientKeyText } from '../../src/pki/key/parse-client-key-text.ts'
import { type KeyPolicy, parsePublicKey } from '../../src/pki/key/public-key.ts'
import { parseSignatureAlgorithm } from '../../src/pki/key/signature-algorithm.ts'
import { parseGeneralNames } from '../../src/pki/name/general-name.ts'
import { formatIpAddress, parseIpAddress } from '../../src/pki/name/ip-address.ts'
import { parseTaggedName } from '../../src/pki/name/name.ts'
import { parseDistinguishedName } from '../../src/pki/name/parse-distinguished-name.ts'
import { parseCertificateRequest } from '../../src/pki/request/certificate-request.ts'
import { checkCertificateRequest } from '../../src/pki/request/check-request.ts'
import { findRequestDer } from '../../src/pki/request/find-request.ts'
import { parseOcspRequest } from '../../src/pki/status/ocsp-request.ts'
import { parseRevocationList } from '../../src/pki/status/parse-revocation-list.ts'
import { findPemBlocks, toPem } from '../../src/pki/text/pem.ts'
import { isPrivateKeyInside } from '../../src/pki/text/private-key-bytes.ts'
import { containsPrivateKey } from '../../src/pki/text/private-key-text.ts'
import { nameTextFormat } from '../../src/pki/text/text-format.ts'
import { readClientAssertion } from '../../src/tokens/read-client-assertion.ts'
import { attempt } from './attempt.ts'
import { join } from './element-tree.ts'
import { findBrokenNameLaw, readBack } from './name-laws.ts'
import { readPath } from './read-path.ts'
import { readWhole } from './read-whole.ts'
import { rewriteDer } from './rewrite-der.ts'

/** A reader of untrusted bytes. */
export interface FuzzReader {
  /** Reads an input; may only throw a `PosternError`. */
  read(input: Uint8Array): unknown
  /** Returns the rule that the value read from `input` breaks, if any. */
  findBrokenLaw?(result: never, input: Uint8Array): string | undefined
}

const reader = <T>(
  read: (input: Uint8Array) => T,
  findBrokenLaw?: (result: Awaited<T>, input: Uint8Array) => string | undefined,
): FuzzReader => (findBrokenLaw ? { read, findBrokenLaw } : { read })

const code = 'certificate_malformed'
const everyKey: KeyPolicy = ['ec-p256', 'ec-p384', 'ec-p521', 'rsa-2048', 'rsa-3072', 'rsa-4096', 'ed25519']
const decode = (input: Uint8Array) => new TextDecoder().decode(input)
const unless = (isKept: boolean, law: string) => (isKept ? undefined : law)
const isSame = (a: Uint8Array | undefined, b: Uint8Array) => a !== undefined && isSameBytes(a, b)

/** Returns whether signed part, algorithm and signature are the complete value, in this order. */
function isSignedThing(der: Uint8Array, toBeSigned: Uint8Array, signature: Uint8Array): boolean {
  const algorithm = openSequence(der, code)
  algorithm.readEncoded()
  return isSameBytes(sequence(toBeSigned, algorithm.readEncoded(), bitString(signature)), der)
}

const armouredKey =
  '\n-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f\n-----END PRIVATE KEY-----\n'
const bareKey = findPemBlocks(armouredKey)[0]?.der ?? new Uint8Array()

/** The readers of untrusted bytes, by the names of their corpus folders. */
export const fuzzReaders: Record<string, FuzzReader> = {
  'find-request': reader(
    (input) => [attempt(() => findRequestDer(decode(input))), findRequestDer(input)] as const,
    ([, der]) =>
      unless(
        identifyDer(der) !== 'certificate request' ||
          (isSame(findRequestDer(der), der) &&
            isSame(findRequestDer(toPem('CERTIFICATE REQUEST', der)), der)),
        'a CSR that was found is found again',
      ),
  ),
  'private-key': reader(
    (input) => [containsPrivateKey(decode(input)), isPrivateKeyInside(input)],
    (_, input) =>
      unless(
        containsPrivateKey(decode(input) + armouredKey) &&
          isPrivateKeyInside(join([bareKey, input])) &&
          (identifyDer(sequence(bareKey, input)) !== 'unknown' ||
            isPrivateKeyInside(sequence(bareKey, input))),
        'a private key is found whatever stands before or behind it',
      ),
  ),
  'identify-der': reader(identifyDer),
  'text-format': reader((input) => nameTextFormat(decode(input))),
  pem: reader(
    (input) => findPemBlocks(decode(input)),
    (blocks) =>
      unless(
        isDeepStrictEqual(findPemBlocks(blocks.map(({ label, der }) => toPem(label, der)).join('')), blocks),
        'blocks that were read are read again when they are written',
      ),
  ),
  'certificate-request': reader(parseCertificateRequest, ({ der, certificationRequestInfo, signature }) =>
    unless(isSignedThing(der, certificationRequestInfo, signature), 'a CSR is all of its input'),
  ),
  'request-gate': reader(
    (input) => checkCertificateRequest(input, everyKey),
    ({ der, publicKey }) =>
      unless(
        isSame(parsePublicKey(publicKey.spki).spki, publicKey.spki) && der.length > 0,
        'its key is a key',
      ),
  ),
  'public-key': reader(parsePublicKey, ({ spki, bits }, input) =>
    unless(isSameBytes(spki, input) && bits >= 0, 'a key is all of its input'),
  ),
  'signature-algorithm': reader((input) => readWhole(input, parseSignatureAlgorithm)),
  'ecdsa-signature': reader(
    (input) => parseEcdsaSignature(input, 32, 'csr_malformed'),
    (raw, input) =>
      unless(
        raw === undefined ||
          isSameBytes(
            sequence(unsignedInteger(raw.subarray(0, 32)), unsignedInteger(raw.subarray(32))),
            input,
          ),
        'a signature that is read is written the same',
      ),
  ),
  certificate: reader(parseCertificate, ({ der, tbs, signature }) =>
    unless(isSignedThing(der, tbs, signature), 'a certificate is all of its input'),
  ),
  path: reader(readPath),
  'revocation-list': reader(parseRevocationList, ({ tbs, signature }, input) =>
    unless(isSignedThing(input, tbs, signature), 'a CRL is all of its input'),
  ),
  'ocsp-request': reader(parseOcspRequest, ({ certificateIds }) =>
    unless(certificateIds.length > 0, 'an OCSP request asks after something'),
  ),
  name: reader((input) => readWhole(input, parseTaggedName), findBrokenNameLaw),
  'general-names': reader((input) => parseGeneralNames(openSequence(input, code))),
  extensions: reader((input) =>
    readWhole(input, parseExtensions).map((extension) => attempt(() => parseExtension(extension, code))),
  ),
  'der-reader': reader(
    // Half a million elements of two octets would use the memory of the test, not of the reader.
    (input) => rewriteDer(new DerReader(input.subarray(0, 2 ** 16), code)),
    (elements, input) =>
      unless(
        isSameBytes(join(elements), input.subarray(0, 2 ** 16)),
        'what is read strictly is written the same',
      ),
  ),
  'distinguished-name': reader(
    (input) => parseDistinguishedName(decode(input)),
    (name) =>
      unless(
        name === undefined || isDeepStrictEqual(readBack(name), name),
        'a name in text that is read is written and read the same',
      ),
  ),
  'client-assertion': reader(
    (input) => readClientAssertion(decode(input)),
    (assertion, input) =>
      unless(
        assertion === undefined ||
          `${assertion.signed}.${Buffer.from(assertion.signature).toString('base64url')}` === decode(input),
        'an assertion has one spelling',
      ),
  ),
  'client-keys': reader(
    (input) => parseClientKeyText(decode(input)),
    ({ keys }, input) =>
      unless(!containsPrivateKey(decode(input)) && keys !== undefined, 'no key is private'),
  ),
  'certificate-bundle': reader(
    (input) => findCertificates(decode(input)),
    (found) => {
      const again = findCertificates(found.map(({ der }) => toPem('CERTIFICATE', der)).join(''))
      const isKept = again.every(({ der }, at) => isSame(found[at]?.der, der))
      return unless(again.length === found.length && isKept, 'certificates that were found are found again')
    },
  ),
  'registration-statement': reader(
    (input) => findChallengeFile(decode(input)),
    (statement) =>
      unless(
        statement === undefined ||
          isDeepStrictEqual(findChallengeFile(formatChallengeFile(statement)), statement),
        'a statement that is read is written and read the same',
      ),
  ),
  'client-hello': reader((input) => readClientHello(Buffer.from(input))),
  'certificate-header': reader((input) => {
    const text = new TextDecoder('latin1').decode(input)
    return [
      decodeBase64(text),
      attemptEscapes(() => decodeEscapedPem(text)),
      attemptEscapes(() => decodeElements(text)),
    ]
  }),
  'ip-address': reader(
    (input) => parseIpAddress(decode(input)),
    (octets) =>
      unless(
        octets === undefined || isSame(parseIpAddress(formatIpAddress(octets) ?? ''), octets),
        'an address that is read is written and read the same',
      ),
  ),
}

/** `decodeURIComponent` throws a URIError for broken percent-encoding. */
function attemptEscapes(read: () => unknown): unknown {
  try {
    return read()
  } catch (error) {
    if (error instanceof URIError) return 'broken encoding'
    throw error
  }
}
