import type { Clock } from '../clock.ts'
import { PosternError } from '../errors.ts'
import { SoundTbsCertList } from '../pki/status/lint-revocation-list.ts'
import { createRevocationListDraft } from '../pki/status/revocation-list.ts'
import { formatListName, parseListName, type RevocationListId } from '../pki/status/revocation-list-name.ts'
import type { Signer } from '../shapes/signer.ts'
import { coalesceRuns } from './coalesce-runs.ts'
import type { IssuerStore } from './issuer-store.ts'
import type { RevocationListStore } from './revocation-list-store.ts'
import type { RevokedCertificateStore } from './revoked-certificate-store.ts'

/** The lifetime of a CRL, and the age at which it is renewed. */
export interface ListLife {
  lifeMs: number
  renewMs: number
}

const dailyLife: ListLife = { lifeMs: 24 * 3_600_000, renewMs: 12 * 3_600_000 }
/** The size of a partition: a full CRL up to this size is created as quickly as a partition. */
const maxEntriesAtOnce = 10_000
const maxTries = 5

/** The dependencies of CRL publication. */
export interface PublishDependencies {
  issuers: IssuerStore
  lists: RevocationListStore
  revoked: RevokedCertificateStore
  signer: Signer
  clock: Clock
  /** Defaults to a day, and half a day. */
  life?: ListLife
  /** Receives a failed publication, which is retried later. */
  onFailure(what: string, error: unknown): void
  /** Called with each published CRL. */
  onPublished?(id: RevocationListId): Promise<unknown>
}

/** Creates the publisher of CRLs, which creates each CRL by its name, one at a time per name. */
export function createPublisher(dependencies: PublishDependencies) {
  const { lists, clock, onFailure } = dependencies
  /** Signs and stores the next CRL, which contains everything revoked before. Throws `issuer_unavailable`. */
  const publish = coalesceRuns(async (name) => {
    await publishUntilKept(dependencies, name)
    // The CRL is published even if this fails.
    await dependencies.onPublished?.(getListId(name)).catch(() => {})
  })

  return {
    publish,

    /**
     * Publishes the CRL that a revoked certificate names, and the full CRL of its issuer: immediately while
     * that is small, else in the next round of `publishDue`.
     */
    async publishRevocation(name: string): Promise<void> {
      await publish(name)
      const id = getListId(name)
      if (id.partition === null) return
      const full = { issuerId: id.issuerId, partition: null }
      const { entries = 0 } = (await lists.find(full)) ?? {}
      if (entries > maxEntriesAtOnce) await lists.bringForward(full, clock.now())
      else await publish(formatListName(full))
    },

    /** Publishes every CRL that is missing or due; a failure does not affect the others. */
    async publishDue(): Promise<void> {
      for (const id of await lists.listDue(clock.now()))
        await publish(formatListName(id)).catch((error) => onFailure('publish-revocation-list', error))
    },
  }
}

export type Publisher = ReturnType<typeof createPublisher>

async function publishUntilKept(dependencies: PublishDependencies, name: string): Promise<void> {
  const id = getListId(name)
  for (let tried = 0; tried < maxTries; tried += 1) if (await publishOnce(dependencies, id)) return
  throw new PosternError(
    'unavailable',
    'Other processes publish this revocation list all the time. It is tried again by itself.',
  )
}

/** Returns whether a CRL is published that contains everything revoked before the call. */
async function publishOnce(
  { issuers, lists, revoked, signer, clock, life = dailyLife }: PublishDependencies,
  id: RevocationListId,
): Promise<boolean> {
  const issuer = await issuers.find(id.issuerId)
  if (issuer === undefined) throw noSuchIssuer()
  const thisUpdate = clock.now()
  const nextUpdate = thisUpdate + life.lifeMs
  const toMake = await lists.begin(id, thisUpdate)
  const { number, address } = toMake
  const draft = createRevocationListDraft({
    issuer: issuer.details,
    number,
    thisUpdate,
    nextUpdate,
    address: address ?? undefined,
  })
  for await (const page of revoked.read(id, toMake.endedBefore)) draft.add(page)
  const list = { ...id, number, thisUpdate, nextUpdate, entries: draft.entries }
  const sound = new SoundTbsCertList(draft.finish(), issuer.details)
  const der = await signer.signRevocationList(id.issuerId, sound)
  if (await lists.save(list, der, toMake, thisUpdate + life.renewMs)) return true
  // A CRL that was started later contains everything that this one would.
  return ((await lists.find(id))?.number ?? 0) > number
}

function getListId(name: string): RevocationListId {
  const id = parseListName(name)
  if (id === undefined) throw noSuchIssuer()
  return id
}

const noSuchIssuer = () => new PosternError('issuer_unavailable', 'There is no such issuer.')
