import { PosternError } from '../errors.ts'
import { findCertificates } from '../pki/certificate/find-certificates.ts'
import { formatName } from '../pki/name/name.ts'
import { toPem } from '../pki/text/pem.ts'
import { toText } from '../shapes/moment.ts'
import { webhookLimits } from './webhook-limits.ts'

/**
 * Returns the CAs of an endpoint as they are stored, PEM. Throws `certificate_unreadable`, `certificate_is_private_key`,
 * and `webhook_server_ca_unsuitable` for what is no CA, has expired, or is too much.
 */
export function checkServerCa(text: string, now: number): string {
  const given = findCertificates(text)
  if (given.length > webhookLimits.serverCas)
    throw unfit(`there are more than ${webhookLimits.serverCas} certificates`)
  for (const { basicConstraints, subject, notAfter } of given) {
    const name = formatName(subject) || 'a certificate with an empty subject'
    if (!basicConstraints?.ca)
      throw unfit(`${name} is no certificate of a CA. Enter that of the CA which has issued it`)
    if (now >= notAfter + 1000) throw unfit(`${name} expired at ${toText(notAfter)}`)
  }
  return given.map(({ der }) => toPem('CERTIFICATE', der)).join('')
}

const unfit = (problem: string) =>
  new PosternError('webhook_server_ca_unsuitable', `The CA of the endpoint was not stored: ${problem}.`)
