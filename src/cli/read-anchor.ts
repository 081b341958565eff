import { createPublicKey, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { PosternError } from '../errors.ts'
import { findPemBlocks } from '../pki/text/pem.ts'

/** Reads a file from the options of a command. Throws `bad_request` if it is unreadable. */
export function readGiven(file: string): Buffer {
  try {
    return readFileSync(file)
  } catch (error) {
    throw new PosternError('bad_request', `${file} cannot be read. Name a file that is there.`, {
      cause: error,
    })
  }
}

/** Returns the SPKI (DER) of a public key in PEM, or of a certificate in PEM. Throws `bad_request`. */
export function readPublicKey(file: string): Uint8Array {
  try {
    // Node accepts a private key too, which must not be used here.
    const text = readGiven(file).toString('utf8')
    if (!text.includes('PRIVATE KEY')) return toSpki(createPublicKey(text))
  } catch (error) {
    if (error instanceof PosternError) throw error
  }
  throw new PosternError('bad_request', `${file} holds no public key in PEM.`)
}

/**
 * Returns the DER of a root certificate, in PEM or DER. Throws `bad_request` for one that is not self-signed.
 */
export function readRoot(file: string): Uint8Array {
  const octets = readGiven(file)
  const [block, another] = findPemBlocks(octets.toString('utf8'))
  try {
    const root = new X509Certificate(block?.der ?? octets)
    if (another === undefined && root.checkIssued(root) && root.verify(root.publicKey))
      return new Uint8Array(root.raw)
  } catch {
    // The error below describes the expected file.
  }
  throw new PosternError(
    'bad_request',
    `${file} does not hold one root certificate. Give the certificate that the portal publishes under /issuers/root.cer, compared with one that you got otherwise.`,
  )
}

const toSpki = (key: ReturnType<typeof createPublicKey>) =>
  new Uint8Array(key.export({ type: 'spki', format: 'der' }))
