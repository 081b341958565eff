import type { CertificateView } from '../../../../src/contract/certificate.ts'
import { toRequestName } from '../../../../src/kits/subject-text.ts'
import { createKeyAndRequest, type NewKeyKind } from '../../../../src/pki/request/create-key-and-request.ts'
import { toPem } from '../../../../src/pki/text/pem.ts'

/** A key that was made in this page, which holds it until the user leaves the creation. */
export interface BrowserKey {
  kind: NewKeyKind
  /** DER of PKCS#8. */
  pkcs8: Uint8Array
  /** PEM; the only part that is sent. */
  csr: string
}

/** Creates a key and a CSR for a draft in this page. Throws if the browser does not make keys of this kind. */
export async function createBrowserKey(
  kind: NewKeyKind,
  { subject, name }: Pick<CertificateView, 'subject' | 'name'>,
): Promise<BrowserKey> {
  const { pkcs8, request } = await createKeyAndRequest(kind, toRequestName(subject, name))
  return { kind, pkcs8, csr: toPem('CERTIFICATE REQUEST', request) }
}

/** Returns the key as the text of its file. */
export const toKeyFile = ({ pkcs8 }: Pick<BrowserKey, 'pkcs8'>): string => toPem('PRIVATE KEY', pkcs8)
