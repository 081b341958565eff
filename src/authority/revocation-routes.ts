import { PosternError } from '../errors.ts'
import type { RevocationEndpoint } from '../http/revocation-endpoints.ts'
import { parseListName } from '../pki/status/revocation-list-name.ts'
import type { CachedRevocationLists } from './cache-revocation-lists.ts'
import type { PublishedList } from './revocation-list-store.ts'

const crlSeconds = 60
const issuerSeconds = 86_400
const nothing = () => new PosternError('not_found', 'Nothing is published at this address.')

/**
 * Returns the routes of CRLs and issuer certificates (RFC 5280, sections 4.2.1.13 and 4.2.2.1), in DER as
 * clients expect.
 */
export function revocationRoutes(published: CachedRevocationLists): RevocationEndpoint[] {
  return [
    {
      path: '/crl/:file',
      async handler({ params }) {
        const id = parseListName(withoutEnding(params.file, '.crl'))
        const found = id && (await published.findList(id))
        if (found === undefined) throw nothing()
        const { list, body } = found
        return {
          status: 200,
          headers: {
            ...lastingHeaders(list),
            'content-type': 'application/pkix-crl',
            'content-length': String(list.size),
          },
          body,
        }
      },
    },
    {
      path: '/issuers/:file',
      async handler({ params }) {
        const id = withoutEnding(params.file, '.cer')
        const issuer = id === 'root' ? await published.findRoot() : await published.findIssuer(id)
        if (issuer === undefined) throw nothing()
        const headers = {
          'content-type': 'application/pkix-cert',
          'cache-control': `public, max-age=${issuerSeconds}`,
        }
        return { status: 200, headers, body: issuer.certificateDer }
      },
    },
  ]
}

/**
 * Returns the headers of a CRL. Last-Modified is informative: two CRLs may be created in one second, so only
 * the ETag distinguishes them.
 */
const lastingHeaders = ({ number, thisUpdate }: PublishedList) => ({
  etag: `"${number}"`,
  'cache-control': `public, max-age=${crlSeconds}`,
  'last-modified': new Date(thisUpdate).toUTCString(),
})

const withoutEnding = (file: string | undefined, ending: string) =>
  file?.endsWith(ending) ? file.slice(0, -ending.length) : ''
