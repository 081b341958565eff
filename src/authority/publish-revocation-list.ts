import type { Clock } from '../clock.ts'
import { PosternError } from '../errors.ts'
import { SoundTbsCertList } from '../pki/status/lint-revocation-list.ts'
import { createRevocationListDraft } from '../pki/status/revocation-list.ts'
import { formatListName, parseListName, type RevocationListId } from '../pki/status/revocation-list-name.ts'
import type { Signer } from '../shapes/signer.ts'
import type { IssuerStore } from './issuer-store.ts'
import type { RevocationListStore } from './revocation-list-store.ts'
import type { RevokedCertificateStore } from './revoked-certificate-store.ts'
import { shareNextRun } from './share-next-run.ts'

/** How long a list holds, and how old it is when it is made anew. */
export interface ListLife {
  lifeMilliseconds: number
  renewMilliseconds: number
}

const dailyLife: ListLife = { lifeMilliseconds: 24 * 3_600_000, renewMilliseconds: 12 * 3_600_000 }
/** As large as a partition: a full list of this size is as quickly made as one. */
const mostEntriesAtOnce = 10_000
const mostTries = 5

/** What CRLs are made with. */
export interface PublishParts {
  issuers: IssuerStore
  lists: RevocationListStore
  revoked: RevokedCertificateStore
  signer: Signer
  clock: Clock
  /** A day, and half a day, where not given. */
  life?: ListLife
  /** Told of a list that is tried again later. */
  onFailure(what: string, error: unknown): void
  /** Told of a list that has been published. */
  onPublished?(id: RevocationListId): Promise<unknown>
}

/** Makes and publishes CRLs, each by its name, one of a name at a time. */
export function createPublisher(parts: PublishParts) {
  const { lists, clock, onFailure } = parts
  /** Signs and stores the next list, which holds all that was revoked before. Throws `issuer_unavailable`. */
  const publish = shareNextRun(async (name) => {
    await publishUntilKept(parts, name)
    // It is published, whatever comes of this.
    await parts.onPublished?.(getListId(name)).catch(() => {})
  })

  return {
    publish,

    /**
     * Publishes the list that a certificate names after it was revoked, and the full list of its issuer
     * with it: at once while that is small, else with the next round of `publishDue`.
     */
    async publishRevocation(name: string): Promise<void> {
      await publish(name)
      const id = getListId(name)
      if (id.partition === null) return
      const full = { issuerId: id.issuerId, partition: null }
      const { entries = 0 } = (await lists.find(full)) ?? {}
      if (entries > mostEntriesAtOnce) await lists.bringForward(full, clock.now())
      else await publish(formatListName(full))
    },

    /** Publishes every list that is missing or due; one that fails does not stop the others. */
    async publishDue(): Promise<void> {
      for (const id of await lists.listDue(clock.now()))
        await publish(formatListName(id)).catch((error) => onFailure('publish-revocation-list', error))
    },
  }
}

export type Publisher = ReturnType<typeof createPublisher>

async function publishUntilKept(parts: PublishParts, name: string): Promise<void> {
  const id = getListId(name)
  for (let tried = 0; tried < mostTries; tried += 1) if (await publishOnce(parts, id)) return
  throw new PosternError(
    'unavailable',
    'Other processes publish this revocation list all the time. It is tried again by itself.',
  )
}

/** Whether a list is published now that holds all that was revoked before. */
async function publishOnce(
  { issuers, lists, revoked, signer, clock, life = dailyLife }: PublishParts,
  id: RevocationListId,
): Promise<boolean> {
  const issuer = await issuers.find(id.issuerId)
  if (issuer === undefined) throw noSuchIssuer()
  const thisUpdate = clock.now()
  const nextUpdate = thisUpdate + life.lifeMilliseconds
  const toMake = await lists.begin(id, thisUpdate)
  const { number, address } = toMake
  const draft = createRevocationListDraft({
    issuer: issuer.facts,
    number,
    thisUpdate,
    nextUpdate,
    address: address ?? undefined,
  })
  for await (const page of revoked.read(id, toMake.endedBefore)) draft.add(page)
  const list = { ...id, number, thisUpdate, nextUpdate, entries: draft.entries }
  const sound = new SoundTbsCertList(draft.finish(), issuer.facts)
  const der = await signer.signRevocationList(id.issuerId, sound)
  if (await lists.save(list, der, toMake, thisUpdate + life.renewMilliseconds)) return true
  // One that was begun later says all that this one would.
  return ((await lists.find(id))?.number ?? 0) > number
}

function getListId(name: string): RevocationListId {
  const id = parseListName(name)
  if (id === undefined) throw noSuchIssuer()
  return id
}

const noSuchIssuer = () => new PosternError('issuer_unavailable', 'There is no such issuer.')
