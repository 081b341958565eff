import { type KeyObject, X509Certificate } from 'node:crypto'
import { PosternError } from '../errors.ts'
import { parseCertificate } from '../pki/certificate/certificate.ts'
import { isSameBytes } from '../pki/der/same-bytes.ts'
import { responderKeyHash } from '../pki/status/ocsp-issuer.ts'
import type { OcspResponder } from '../pki/status/ocsp-response.ts'
import { getSpki, signTbsWith } from './sign-tbs.ts'

/** Returns the responder with a key and its certificate. */
export async function toResponder(
  { key, notAfter }: { key: KeyObject; notAfter: number },
  certificateDer: Uint8Array,
): Promise<OcspResponder> {
  return {
    certificateDer,
    keyHash: await responderKeyHash(getSpki(key)),
    notAfter,
    signatureAlgorithm: 'ecdsa-with-SHA256',
    sign: (data) => signTbsWith(key, 'ecdsa-with-SHA256', data),
  }
}

/** Throws `record_not_authentic` if a certificate is not that of `key`, or not signed by the issuer. */
export function assertCertifies(
  certificateDer: Uint8Array,
  key: KeyObject,
  issuer: { id: string; certificateDer: Uint8Array },
): void {
  const issuerKey = new X509Certificate(issuer.certificateDer).publicKey
  const isOfKey = isSameBytes(parseCertificate(certificateDer).spki, getSpki(key))
  if (isOfKey && new X509Certificate(certificateDer).verify(issuerKey)) return
  throw new PosternError(
    'record_not_authentic',
    `The certificate of the OCSP responder of issuer ${issuer.id} is not the one of its key, so it is not used. Tell the operator.`,
  )
}
