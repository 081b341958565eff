import des from 'des.js'
import { parseCertificate } from '../../../../src/pki/certificate/certificate.ts'
import { parsePublicKey } from '../../../../src/pki/key/public-key.ts'
import { assertKeyBelongs } from '../../../../src/pki/key-store/assert-key-belongs.ts'
import { createPassphrase } from '../../../../src/pki/key-store/create-passphrase.ts'
import { decryptPrivateKey } from '../../../../src/pki/key-store/decrypt-private-key.ts'
import { KeyFileProblem } from '../../../../src/pki/key-store/key-file-problem.ts'
import type { PrivateKeyFile } from '../../../../src/pki/key-store/read-private-key.ts'
import { writeLegacyPkcs12, writeModernPkcs12 } from '../../../../src/pki/key-store/write-pkcs12.ts'
import { findPemBlocks } from '../../../../src/pki/text/pem.ts'

export { readPrivateKey } from '../../../../src/pki/key-store/read-private-key.ts'

/** What a PKCS#12 file is made of. */
export interface Pkcs12Input {
  name: string
  /** The certificate and those of its issuers, in PEM. */
  fullchain: string
  key: PrivateKeyFile
  /** The passphrase of an encrypted key. */
  keyPassphrase: string
  profile: 'modern' | 'legacy'
}

/** A PKCS#12 file and the passphrase that opens it. */
export interface Pkcs12File {
  bytes: Uint8Array<ArrayBuffer>
  passphrase: string
}

/**
 * Creates a PKCS#12 file in this page. Throws a `KeyFileProblem` if the key does not belong to the certificate, or its
 * passphrase is missing or wrong.
 */
export async function createPkcs12(input: Pkcs12Input): Promise<Pkcs12File> {
  const { name, key, keyPassphrase, profile } = input
  const pkcs8 = key.encrypted ? await decryptKey(key.der, keyPassphrase) : key.der
  const [leaf, ...issuers] = findPemBlocks(input.fullchain).map(({ der }) => der)
  if (leaf === undefined) throw new Error('the answer has no certificate')
  await assertKeyBelongs(pkcs8, parsePublicKey(parseCertificate(leaf).spki), name)
  const passphrase = createPassphrase()
  const store = { friendlyName: name, pkcs8, certificates: [leaf, ...issuers] as const, passphrase }
  const bytes =
    profile === 'modern' ? await writeModernPkcs12(store) : await writeLegacyPkcs12(store, encryptTripleDes)
  return { bytes, passphrase }
}

function decryptKey(der: Uint8Array, passphrase: string): Promise<Uint8Array> {
  if (passphrase === '')
    throw new KeyFileProblem('passphrase_needed', 'This key is encrypted. Enter its passphrase.')
  return decryptPrivateKey(der, passphrase)
}

/** 3DES in CBC mode, which WebCrypto lacks. */
export function encryptTripleDes(key: Uint8Array, iv: Uint8Array, content: Uint8Array): Uint8Array {
  const cipher = des.CBC.instantiate(des.EDE).create({ type: 'encrypt', key, iv })
  return Uint8Array.from([...cipher.update(content), ...cipher.final()])
}
