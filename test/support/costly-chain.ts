import { createPublicKey, generateKeyPairSync, randomBytes } from 'node:crypto'
import { constructedTag } from '../../src/pki/der/der-tags.ts'
import {
  bitString,
  element,
  integer,
  nullValue,
  oid,
  sequence,
  time,
  unsignedInteger,
} from '../../src/pki/der/der-writer.ts'
import { oids } from '../../src/pki/der/oids.ts'
import { encodeName } from '../../src/pki/name/name.ts'
import { basicConstraints, keyUsage } from '../../src/pki/profile/extension-writer.ts'
import { toPem } from '../../src/pki/text/pem.ts'

const keyOctets = 2048
const algorithm = sequence(oid(oids.sha256WithRSAEncryption), nullValue)
const nameOf = (index: number) => encodeName([{ type: oids.commonName, value: `costly ${index}` }] as never)

/** Creates an RSA key of 16,384 bits with an exponent of 64 bits; no test needs its private half. */
function makeKey(): Uint8Array {
  const modulus = new Uint8Array(randomBytes(keyOctets))
  modulus[0] = (modulus[0] as number) | 0x80
  modulus[keyOctets - 1] = (modulus[keyOctets - 1] as number) | 1
  const exponent = Uint8Array.from([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfb])
  const key = sequence(unsignedInteger(modulus), unsignedInteger(exponent))
  return sequence(sequence(oid(oids.rsaEncryption), nullValue), bitString(key))
}

function makeCertificate(index: number, spki: Uint8Array, isCa: boolean): Uint8Array {
  const tbs = sequence(
    element(constructedTag(0), integer(2)),
    integer(index + 1),
    algorithm,
    nameOf(index + 1),
    sequence(time(Date.UTC(2020, 0)), time(Date.UTC(2040, 0))),
    nameOf(index),
    spki,
    element(
      constructedTag(3),
      sequence(
        ...(isCa ? [keyUsage('keyCertSign'), basicConstraints(true)] : [keyUsage('digitalSignature')]),
      ),
    ),
  )
  // Slightly smaller than the modulus, so that verification performs the full computation.
  const signature = new Uint8Array(randomBytes(keyOctets))
  signature[0] = 0
  return sequence(tbs, algorithm, bitString(signature))
}

/**
 * Creates a client certificate below `length` CAs whose keys are the most expensive to verify that OpenSSL
 * accepts; every signature is invalid. PEM, with the private key of the client.
 */
export function makeCostlyChain(length: number): { cert: string; key: string } {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const leafKey = createPublicKey(privateKey).export({ type: 'spki', format: 'der' })
  const leaf = makeCertificate(0, new Uint8Array(leafKey), false)
  const chain = Array.from({ length }, (_, i) => makeCertificate(i + 1, makeKey(), true))
  return {
    cert: [leaf, ...chain].map((der) => toPem('CERTIFICATE', der)).join(''),
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  }
}
