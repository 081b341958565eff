import type { Clock } from '../clock.ts'
import { PosternError } from '../errors.ts'
import { draftRevocationList } from '../pki/revocation-list.ts'
import type { Signer } from '../pki/signer.ts'
import type { IssuerStore } from './issuer-store.ts'
import type { RevocationListStore } from './revocation-list-store.ts'

const lifeMilliseconds = 24 * 3_600_000
/** A list is made anew when less than this is left of it. */
const renewMilliseconds = 12 * 3_600_000

/** What CRLs are made with. */
export interface PublishParts {
  issuers: IssuerStore
  lists: RevocationListStore
  signer: Signer
  clock: Clock
}

/** Signs and stores the next full CRL of an issuer (RFC 5280, 5). Throws `issuer_unavailable`. */
export async function publishRevocationList(
  { issuers, lists, signer, clock }: PublishParts,
  issuerId: string,
): Promise<void> {
  const issuer = await issuers.find(issuerId)
  if (issuer === undefined) throw new PosternError('issuer_unavailable', 'There is no such issuer.')
  const thisUpdate = clock.now()
  const { number, entries } = await lists.takeNext(issuerId, thisUpdate)
  const nextUpdate = thisUpdate + lifeMilliseconds
  const tbs = draftRevocationList({ issuer: issuer.facts, number, thisUpdate, nextUpdate, entries })
  await lists.save(issuerId, { number, thisUpdate, nextUpdate, der: await signer.sign(issuerId, tbs) })
}

/** Publishes the CRL of every issuer that has none or whose CRL ends soon. */
export async function publishDueRevocationLists(parts: PublishParts): Promise<void> {
  for (const issuerId of await parts.lists.listDue(parts.clock.now() + renewMilliseconds)) {
    await publishRevocationList(parts, issuerId)
  }
}
