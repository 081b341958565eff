import { PosternError } from '../errors.ts'
import type { Publication } from '../http/publication-server.ts'
import { parseListName } from '../pki/revocation-list-name.ts'
import type { IssuerStore } from './issuer-store.ts'
import type { PublishedList, RevocationListStore } from './revocation-list-store.ts'

const crlSeconds = 60
const issuerSeconds = 86_400
const nothing = () => new PosternError('not_found', 'Nothing is published at this address.')

/** CRLs and issuer certificates (RFC 5280, 4.2.1.13 and 4.2.2.1), in DER as its clients expect. */
export function publicationRoutes({
  issuers,
  lists,
}: {
  issuers: IssuerStore
  lists: RevocationListStore
}): Publication[] {
  return [
    {
      path: '/crl/:file',
      async handler({ params }) {
        const id = parseListName(withoutEnding(params.file, '.crl'))
        const list = id && (await lists.find(id))
        if (list === undefined) throw nothing()
        return {
          status: 200,
          headers: {
            ...lastingHeaders(list),
            'content-type': 'application/pkix-crl',
            'content-length': String(list.size),
          },
          body: lists.readChunks(list),
        }
      },
    },
    {
      path: '/issuers/:file',
      async handler({ params }) {
        const id = withoutEnding(params.file, '.cer')
        const issuer = id === 'root' ? await issuers.findRoot() : await issuers.find(id)
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

/** Last-Modified is for people: two lists may be made in one second, so only the tag tells them apart. */
const lastingHeaders = ({ number, thisUpdate }: PublishedList) => ({
  etag: `"${number}"`,
  'cache-control': `public, max-age=${crlSeconds}`,
  'last-modified': new Date(thisUpdate).toUTCString(),
})

const withoutEnding = (file: string | undefined, ending: string) =>
  file?.endsWith(ending) ? file.slice(0, -ending.length) : ''
