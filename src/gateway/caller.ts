import { PosternError } from '../errors.ts'
import type { Exchange } from './exchange.ts'
import type { Caller } from './token-parts.ts'

/** The certificate of an exchange that has been let in, as the token code wants it. */
export function callerOf({ certificate, connection }: Exchange): Caller {
  const { presented } = connection
  if (certificate === undefined || presented?.parsed === undefined)
    throw new PosternError('certificate_missing', 'This needs a client certificate.')
  return {
    id: certificate.id,
    name: certificate.name,
    organizationId: certificate.organizationId,
    thumbprint: presented.thumbprint,
    subject: presented.parsed.subject,
    subjectAltNames: presented.parsed.subjectAltNames,
  }
}

/** The bearer token of a request (RFC 6750, 2.1); nothing where there is no such header. */
export function findBearerToken({ request }: Exchange): string | undefined {
  return /^bearer +([\w.~+/-]+=*) *$/i.exec(request.headers.authorization ?? '')?.[1]
}
