import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { openToolFolder } from '../../../test/support/tool-folder.ts'
import { tags } from '../der/der-tags.ts'
import {
  bitString,
  element,
  integer,
  nullValue,
  octetString,
  oid,
  sequence,
  setOf,
  textElement,
} from '../der/der-writer.ts'
import { oids } from '../der/oids.ts'
import { toPem } from '../text/pem.ts'
import { checkCertificateRequest } from './check-request.ts'

type KeyName = 'ec' | 'rsa' | 'ed25519'
const pairs = {
  ec: generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  rsa: generateKeyPairSync('rsa', { modulusLength: 2048 }),
  ed25519: generateKeyPairSync('ed25519'),
}
const algorithms = {
  ec: oids.ecdsaWithSHA256,
  rsa: oids.sha256WithRSAEncryption,
  ed25519: oids.ed25519,
}
const hashOf = (key: KeyName) => (key === 'ed25519' ? null : 'sha256')
const spkiOf = (key: KeyObject) => new Uint8Array(key.export({ type: 'spki', format: 'der' }))
const cn = (value: Uint8Array) => sequence(setOf([sequence(oid(oids.organizationName), value)]))
const attribute = (type: string, ...values: Uint8Array[]) => sequence(oid(type), element(tags.set, ...values))
const wish = (...parts: Uint8Array[]) => attribute(oids.extensionRequest, sequence(sequence(...parts)))

interface RequestParts {
  key?: KeyName
  parameters?: Uint8Array[]
  name?: Uint8Array
  attributes?: Uint8Array[]
  encoding?: 'der' | 'ieee-p1363'
}

const booleanFalse = Uint8Array.of(tags.boolean, 1, 0)

/** Returns a CSR that is signed with its key, with these parts in place of the usual ones. */
function makeRequest({
  key = 'ec',
  parameters = key === 'rsa' ? [nullValue] : [],
  name = cn(textElement(tags.utf8String, 'Acme')),
  attributes = [],
  encoding = 'der',
}: RequestParts = {}): Uint8Array {
  const { publicKey, privateKey } = pairs[key]
  const info = sequence(integer(0), name, spkiOf(publicKey), element(0xa0, ...attributes))
  const signature = sign(hashOf(key), info, { key: privateKey, dsaEncoding: encoding })
  return sequence(info, sequence(oid(algorithms[key]), ...parameters), bitString(new Uint8Array(signature)))
}

const check = (der: Uint8Array) => checkCertificateRequest(der, ['ec-p256', 'rsa-2048', 'ed25519'])

/** Returns whether OpenSSL and GnuTLS verify the signature of a CSR. */
function verifiesElsewhere(der: Uint8Array): { openssl: boolean; gnutls: boolean } {
  using folder = openToolFolder()
  folder.write('request.pem', toPem('CERTIFICATE REQUEST', der))
  const says = (command: string, words: string) => {
    try {
      return folder.run(command).includes(words)
    } catch {
      return false
    }
  }
  return {
    openssl: says('openssl req -noout -verify -in request.pem', 'verify OK'),
    gnutls: says('certtool --crq-info --infile request.pem', 'Self signature: verified'),
  }
}

describe('the parameters of a signature algorithm', () => {
  test.each([
    ['ECDSA with NULL', 'ec', [nullValue]],
    ['Ed25519 with NULL', 'ed25519', [nullValue]],
    ['RSA without its NULL', 'rsa', []],
  ] as const)('%s are accepted, as by OpenSSL and GnuTLS', async (_, key, parameters) => {
    const der = makeRequest({ key, parameters: [...parameters] })
    expect(verifiesElsewhere(der)).toEqual({ openssl: true, gnutls: true })
    expect((await check(der)).signatureAlgorithm.oid).toBe(algorithms[key])
  })

  test.each([
    ['ECDSA with a number', 'ec', [integer(1)], 'other than NULL'],
    ['ECDSA with a curve', 'ec', [oid(oids.ecPublicKey)], 'other than NULL'],
    ['ECDSA with NULL twice', 'ec', [nullValue, nullValue], 'more than one parameter'],
    [
      'ECDSA with a NULL that is not empty',
      'ec',
      [element(tags.null, Uint8Array.of(0))],
      'NULL is not empty',
    ],
    ['RSA with a list', 'rsa', [sequence()], 'other than NULL'],
  ] as const)('%s are rejected by name and with instructions', async (_, key, parameters, words) => {
    await expect(check(makeRequest({ key, parameters: [...parameters] }))).rejects.toMatchObject({
      code: 'csr_malformed',
      message: expect.stringMatching(new RegExp(`${words}.*openssl req -new -key`)),
    })
  })
})

test('a signature in the format of WebCrypto is named in the error', async () => {
  await expect(check(makeRequest({ encoding: 'ieee-p1363' }))).rejects.toMatchObject({
    code: 'csr_malformed',
    message: expect.stringMatching(/r and s side by side.*openssl req -new/),
  })
})

describe('a subject that no certificate copies is accepted', () => {
  const latin1 = Uint8Array.of(0x42, 0xe4, 0x63, 0x6b)
  const utf8 = new TextEncoder().encode('Bäck')
  test.each([
    ['PrintableString in Latin-1', tags.printableString, latin1, 'Bäck'],
    ['PrintableString in UTF-8', tags.printableString, utf8, 'Bäck'],
    [
      'PrintableString with characters outside its set',
      tags.printableString,
      new TextEncoder().encode('a@b_c*'),
      'a@b_c*',
    ],
    ['IA5String in Latin-1', tags.ia5String, latin1, 'Bäck'],
    ['VisibleString in UTF-8', tags.visibleString, utf8, 'Bäck'],
    ['NumericString with letters', tags.numericString, utf8, 'Bäck'],
    ['UTF8String in Latin-1', tags.utf8String, latin1, 'Bäck'],
    ['TeletexString in Latin-1', tags.t61String, latin1, 'Bäck'],
    ['BMPString of UTF-8', tags.bmpString, Uint8Array.of(0x41, 0x42, 0x43), 'ABC'],
    ['BMPString with half a character', tags.bmpString, Uint8Array.of(0xd8, 0x00), 'Ø\0'],
    ['UniversalString of UTF-8', tags.universalString, Uint8Array.of(0x41, 0x42), 'AB'],
    ['an empty UTF8String', tags.utf8String, new Uint8Array(), ''],
    ['an empty PrintableString', tags.printableString, new Uint8Array(), ''],
  ] as const)('with the string %s', async (_, tag, content, value) => {
    const request = await check(makeRequest({ name: cn(element(tag, content)) }))
    expect(request.subject).toEqual([{ type: oids.organizationName, value }])
  })

  test('if it is empty', async () => {
    expect((await check(makeRequest({ name: sequence() }))).subject).toEqual([])
  })
})

describe('requested properties that no certificate copies are accepted', () => {
  const host = sequence(element(0x82, new TextEncoder().encode('bücher.example')))
  test.each([
    ['an attribute without a list', [attribute(oids.extensionRequest)], []],
    ['an empty list', [attribute(oids.extensionRequest, sequence())], []],
    ['a challenge password', [attribute(oids.challengePassword, textElement(tags.utf8String, 'x'))], []],
    [
      'an explicit critical FALSE',
      [wish(oid(oids.keyUsage), booleanFalse, octetString(Uint8Array.of(3, 2, 7, 0x80)))],
      [],
    ],
    [
      'an explicit CA:FALSE',
      [wish(oid(oids.basicConstraints), octetString(sequence(booleanFalse)))],
      ['for something that cannot be read (basicConstraints)'],
    ],
    [
      'an alternative name with an umlaut',
      [wish(oid(oids.subjectAltName), octetString(host))],
      ['for something that cannot be read (subjectAltName)'],
    ],
  ] as const)('with %s', async (_, attributes, powers) => {
    const request = await check(makeRequest({ attributes: [...attributes] }))
    expect(request.asksForPower).toEqual(powers)
  })
})
