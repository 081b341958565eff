import { generateKeyPairSync, sign } from 'node:crypto'
import { bitString, element, integer, sequence } from '../src/pki/der/der-writer.ts'
import { oids } from '../src/pki/der/oids.ts'
import { encodeSignatureAlgorithm } from '../src/pki/key/signature-algorithm.ts'
import { encodeName } from '../src/pki/name/name.ts'
import { toPem } from '../src/pki/text/pem.ts'

const subject = encodeName([{ type: oids.commonName, value: 'bench' }])

/** Creates CSRs in PEM, each with its own P-256 key, as `openssl req -new` does. */
export function makeRequests(count: number): string[] {
  return Array.from({ length: count }, () => {
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const spki = new Uint8Array(publicKey.export({ type: 'spki', format: 'der' }))
    const info = sequence(integer(0), subject, spki, element(0xa0))
    const signature = bitString(new Uint8Array(sign('sha256', info, privateKey)))
    return toPem(
      'CERTIFICATE REQUEST',
      sequence(info, encodeSignatureAlgorithm('ecdsa-with-SHA256'), signature),
    )
  })
}
