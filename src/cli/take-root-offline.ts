import type { KeyObject } from 'node:crypto'
import { createIssuerStore } from '../authority/issuer-store.ts'
import { createPublisher } from '../authority/publish-revocation-list.ts'
import { createRevocationListStore } from '../authority/revocation-list-store.ts'
import { createRevokedCertificateStore } from '../authority/revoked-certificate-store.ts'
import { systemClock } from '../clock.ts'
import { formatListName } from '../pki/status/revocation-list-name.ts'
import { openSigner } from '../signer/open-signer.ts'
import { assertKeyOfRoot, getRoot, removeRootKey } from '../signer/root-key.ts'
import type { AuthorityTools } from './with-authority.ts'

const day = 86_400_000

/**
 * Publishes the CRL for the offline time of the root, then removes the key from the store. An interrupted
 * call can be repeated. Throws the codes of `removeRootKey`.
 */
export async function takeRootOffline(tools: AuthorityTools, exported: KeyObject): Promise<void> {
  const { database, authorityKey, config } = tools
  const root = await getRoot(database.queries)
  assertKeyOfRoot(exported, root)
  const full = { issuerId: root.id, partition: null }
  const lists = createRevocationListStore(database)
  const lifeMs = config.authority.offlineCrlDays * day
  const publisher = createPublisher({
    issuers: createIssuerStore(database),
    lists,
    revoked: createRevokedCertificateStore(database),
    signer: openSigner(database, authorityKey),
    clock: systemClock,
    // Without the key it cannot be renewed before it expires.
    life: { lifeMs, renewMs: lifeMs },
    onFailure: () => {},
  })
  await publisher.publish(formatListName(full))
  await removeRootKey(tools, exported)
  const until = new Date((await lists.find(full))?.nextUpdate ?? 0).toISOString().slice(0, 10)
  process.stdout.write(
    `The key of the root is offline. The revocation list of the root holds until ${until}: bring the key back before then, and take it away again.\n`,
  )
  process.stderr.write(
    'postern: hint: keep the file on two media in two places, and the passphrase apart from them\n' +
      'postern: hint: backups of the store still hold the sealed key: postern keys rewrap, and destroy the old authority key\n',
  )
}
