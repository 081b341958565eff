import type { Publication } from '../http/publication-server.ts'
import type { IssuerStore } from './issuer-store.ts'
import type { RevocationListStore } from './revocation-list-store.ts'

const crlSeconds = 60
const issuerSeconds = 86_400
const nothing = { status: 404, headers: { 'content-type': 'text/plain' }, body: 'There is nothing here.\n' }

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
      async handler({ params, headers }) {
        const list = await lists.find(toId(params.file, '.crl'))
        if (list === undefined) return nothing
        const etag = `"${list.number}"`
        const lasting = {
          etag,
          'cache-control': `public, max-age=${crlSeconds}`,
          'last-modified': new Date(list.thisUpdate).toUTCString(),
        }
        if (headers['if-none-match'] === etag) return { status: 304, headers: lasting, body: '' }
        return {
          status: 200,
          headers: { ...lasting, 'content-type': 'application/pkix-crl' },
          body: list.der,
        }
      },
    },
    {
      path: '/issuers/:file',
      async handler({ params }) {
        const id = toId(params.file, '.cer')
        const issuer = id === 'root' ? await issuers.findRoot() : await issuers.find(id)
        if (issuer === undefined) return nothing
        const headers = {
          'content-type': 'application/pkix-cert',
          'cache-control': `public, max-age=${issuerSeconds}`,
        }
        return { status: 200, headers, body: issuer.certificateDer }
      },
    },
  ]
}

const toId = (file: string | undefined, ending: string) =>
  file?.endsWith(ending) ? file.slice(0, -ending.length) : ''
