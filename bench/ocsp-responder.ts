import type { AddressInfo } from 'node:net'
import { createCertificateStateStore } from '../src/authority/certificate-state-store.ts'
import { createIssuerStore } from '../src/authority/issuer-store.ts'
import { ocspRoutes } from '../src/authority/ocsp-routes.ts'
import { systemClock as clock } from '../src/clock.ts'
import { createRevocationServer } from '../src/http/revocation-endpoints.ts'
import { toMasterKey } from '../src/shapes/master-key.ts'
import { openOcspResponders } from '../src/signer/open-ocsp-responders.ts'
import { openSigner } from '../src/signer/open-signer.ts'
import { openDatabase } from '../src/storage/database.ts'
import { openListener } from '../test/support/open-listener.ts'

/** The public listener of a portal in a separate process, on the given SQLite file; prints its port. */
const [path = '', key = ''] = process.argv.slice(2)
const database = await openDatabase({ engine: 'sqlite', path })
const authorityKey = toMasterKey(Buffer.from(key, 'hex'))
const onFailure = (what: string, error: unknown) => {
  throw new Error(what, { cause: error })
}
const signer = openSigner(database, authorityKey)
const server = createRevocationServer(
  ocspRoutes({
    issuers: createIssuerStore(database),
    states: createCertificateStateStore(database),
    openResponder: openOcspResponders({ database, authorityKey, signer, clock, onFailure }),
    clock,
    onFailure,
  }),
  openListener,
)
await server.listen({ host: '127.0.0.1', port: 0 })
process.stdout.write(`${(server.server.address() as AddressInfo).port}\n`)
