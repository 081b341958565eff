import { createAuthorityStore } from '../authority/authority-store.ts'
import { cacheRevocationLists } from '../authority/cache-revocation-lists.ts'
import { createCertificateStateStore } from '../authority/certificate-state-store.ts'
import { createPartitionChoice } from '../authority/choose-partition.ts'
import { createExternalIssuerStore } from '../authority/external-issuer-store.ts'
import { createIssuerStore } from '../authority/issuer-store.ts'
import { createPartitionStore } from '../authority/partition-store.ts'
import { createPublisher } from '../authority/publish-revocation-list.ts'
import { createRetirementStore } from '../authority/retirement-store.ts'
import { createRevocationListStore } from '../authority/revocation-list-store.ts'
import { createRevokedCertificateStore } from '../authority/revoked-certificate-store.ts'
import type { Environment } from '../config/config.ts'
import type { createEmailWriter } from '../notifications/write-emails-store.ts'
import type { Actor } from '../shapes/actor.ts'
import { addIssuer } from '../signer/create-authority.ts'
import { findKeyLocation } from '../signer/issuer-key-store.ts'
import { openOcspResponders } from '../signer/open-ocsp-responders.ts'
import { openSigner } from '../signer/open-signer.ts'
import { type BaseDependencies, getIssuerDependencies, type PortalReplacements } from './portal-ground.ts'
import { createResponderCare } from './portal-responders.ts'

interface AuthorityNeeds {
  environments: ReadonlyMap<string, Environment>
  writeEmails: ReturnType<typeof createEmailWriter>
  onFailure(what: string, error: unknown): void
}

/** The certificate authority of a portal: its issuers, what signs for them, and what is published about them. */
export function buildAuthority(
  base: BaseDependencies,
  { environments, writeEmails, onFailure }: AuthorityNeeds,
  { replaceSigner = (signer) => signer, partitionSize }: PortalReplacements,
) {
  const { config, keys, database, clock, hsm } = base
  const external = createExternalIssuerStore(database)
  const issuers = createIssuerStore(database)
  const signer = replaceSigner(openSigner(database, keys.authorityKey, hsm))
  const lists = createRevocationListStore(database)
  const revoked = createRevokedCertificateStore(database)
  const published = cacheRevocationLists({ issuers, lists, clock })
  const publisher = createPublisher({
    ...{ issuers, lists, revoked, signer, clock, onFailure },
    onPublished: published.findList,
  })
  const publish = { issuers, lists, clock }
  const { authorityKey, publicationKey } = keys
  const openResponder = openOcspResponders({
    ...{ database, authorityKey, publicationKey, signer, clock, onFailure },
  })
  return {
    external,
    signer,
    publish,
    published,
    keepResponders: createResponderCare(base, { issuers, openResponder, onFailure }),
    publisher,
    partitions: createPartitionChoice({
      partitions: createPartitionStore(database, config.publication.url),
      lists,
      publisher,
      ...(partitionSize !== undefined && { size: partitionSize }),
    }),
    ocsp: {
      issuers,
      states: createCertificateStateStore(database),
      openResponder,
      clock,
      onFailure,
    },
    authorities: {
      authorities: createAuthorityStore(database),
      findKeyLocation: (id: string) => findKeyLocation(database.queries, id),
      ...publish,
      external,
      environments,
      publicationUrl: config.publication.url,
      portalUrl: config.portal.url,
      retirements: createRetirementStore(database, writeEmails),
      async addIssuer(environment: { name: string }, actor: Actor) {
        const id = await addIssuer(getIssuerDependencies(base), environment, actor)
        await publisher.publishDue()
        return id
      },
    },
  }
}
