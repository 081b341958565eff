import { spawnSync } from 'node:child_process'
import { parseCertificateRequest } from '../../../src/pki/request/certificate-request.ts'
import { isAlgorithmOfKey, isSignatureValid } from '../../../src/pki/request/verify-signature.ts'
import { findPemBlocks } from '../../../src/pki/text/pem.ts'
import { x509 } from '../../support/peculiar-x509.ts'
import type { Details } from './judge.ts'
import { hexOf, keyText } from './key-text.ts'
import { nameFact, peculiarNameFact, readOpensslName } from './name-text.ts'

const verified = ['SHA-256', 'SHA-384', 'SHA-512']

/** Returns what Postern reads, and whether the signature matches the key. */
export async function posternRequest(der: Uint8Array): Promise<Details> {
  const request = parseCertificateRequest(der)
  const { signatureAlgorithm: algorithm, publicKey } = request
  const isVerified = verified.includes(algorithm.hash ?? '') || algorithm.keyAlgorithm === 'Ed25519'
  const isValid = isAlgorithmOfKey(algorithm, publicKey) && (await isValidOrRefused(request))
  return {
    ...nameFact('subject', request.subject),
    spki: keyText(publicKey.spki) ?? '',
    ...(isVerified ? { signature: String(isValid) } : {}),
  }
}

const isValidOrRefused = (request: Parameters<typeof isSignatureValid>[0]) =>
  isSignatureValid(request).catch(() => false)

/** Returns what `openssl req` prints, and its result for the signature. */
export function opensslRequest(der: Uint8Array): Details {
  const shown = '-nameopt esc_2253,esc_ctrl,utf8,sep_multiline,sname -subject -pubkey'
  const run = (options: string) => {
    const args = `req -inform DER -noout ${options}`.split(' ')
    return spawnSync('openssl', args, { input: der, encoding: 'utf8' })
  }
  const verified = run(`-verify ${shown}`)
  const isValid = verified.stderr.includes('self-signature verify OK')
  // For a malformed signature it prints nothing else.
  const { stdout, stderr } = verified.stdout.includes('subject=') ? verified : run(shown)
  if (!stdout.includes('subject=')) throw new Error(stderr.split('\n')[0])
  const [, name = ''] = /^subject=\n?((?: {4}.*\n)*)/m.exec(stdout) ?? []
  const [key] = findPemBlocks(stdout)
  return {
    subject: readOpensslName(name.trimEnd().replaceAll(/^ {4}/gm, '')),
    ...(key ? { spki: keyText(key.der) ?? '' } : {}),
    signature: String(isValid),
  }
}

/** Returns what @peculiar/x509 reads. */
export async function peculiarRequest(der: Uint8Array): Promise<Details> {
  const request = new x509.Pkcs10CertificateRequest(new Uint8Array(der))
  const signature = await request.verify().then(String, () => undefined)
  const spki = keyText(new Uint8Array(request.publicKey.rawData))
  return {
    ...peculiarNameFact('subject', request.subjectName),
    ...(spki === undefined ? {} : { spki }),
    ...(signature === undefined ? {} : { signature }),
    raw: hexOf(request.rawData),
  }
}
