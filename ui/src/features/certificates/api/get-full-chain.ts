import { ApiError } from '../../../lib/api-error.ts'
import { downloadAddress } from './download-address.ts'
import type { CertificateKey } from './get-certificate.ts'

/** Returns an issued certificate and those of its issuers in PEM. */
export async function getFullChain(key: CertificateKey): Promise<string> {
  const response = await fetch(downloadAddress(key, 'fullchain'), { credentials: 'same-origin' }).catch(
    () => undefined,
  )
  if (response?.ok) return response.text()
  throw new ApiError({
    code: response === undefined ? 'unreachable' : 'unavailable',
    status: response?.status ?? 0,
    detail: 'The certificate could not be loaded. Check your connection and try again.',
  })
}
