import { generateKeyPairSync, sign } from 'node:crypto'
import { constructedTag } from '../../src/pki/der/der-tags.ts'
import { bitString, element, integer, sequence } from '../../src/pki/der/der-writer.ts'
import { oids } from '../../src/pki/der/oids.ts'
import { encodeSignatureAlgorithm } from '../../src/pki/key/signature-algorithm.ts'
import { encodeName } from '../../src/pki/name/name.ts'
import { toPem } from '../../src/pki/text/pem.ts'

const types: Record<string, string> = {
  C: oids.countryName,
  O: oids.organizationName,
  CN: oids.commonName,
}

/**
 * Creates a P-256 key and its CSR for a subject as OpenSSL takes it (`/O=Name/CN=name`), both PEM. The bytes are those of
 * OpenSSL, in a hundredth of the time: a process of it costs more than all that a test does with the CSR.
 */
export function makeKeyAndRequest(subject: string): { csr: string; key: string } {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const name = subject
    .split('/')
    .slice(1)
    .map((part) => {
      const [short = '', value = ''] = part.split('=')
      return { type: types[short] ?? '', value }
    })
  const spki = new Uint8Array(publicKey.export({ type: 'spki', format: 'der' }))
  const info = sequence(integer(0), encodeName(name), spki, element(constructedTag(0)))
  const signature = new Uint8Array(sign('sha256', info, privateKey))
  const der = sequence(info, encodeSignatureAlgorithm('ecdsa-with-SHA256'), bitString(signature))
  return {
    csr: toPem('CERTIFICATE REQUEST', der),
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  }
}
