import fc from 'fast-check'
import { expect, inject, onTestFinished, test } from 'vitest'
import {
  type Cut,
  createExpiryWorld,
  type ExpiryWorld,
  killConnection,
  letterTime,
} from '../../test/support/expiry-world.ts'
import { createPostgresDatabase } from '../../test/support/postgres.ts'
import { type Database, openDatabase } from '../storage/database.ts'
import { migrate } from '../storage/migrate.ts'

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour
const planned = [90, 60, 30, 14, 7, 3, 1, 0, -1, -7]
const runs = Number(process.env.POSTERN_EXPIRY_RUNS ?? 1)
/** How long the world lives; on PostgreSQL, where each statement takes longer, for a season. */
const livedDays = { sqlite: 2 * 365, postgres: Number(process.env.POSTERN_EXPIRY_DAYS ?? 60) }

/** A certificate as it really is, beside what the store says. */
interface Known {
  id: string
  organization: string
  issuedAt: number
  notAfter: number
  successors: Known[]
  lastUsed: number | undefined
  revokedAt: number | undefined
}

/** Numbers from a seed (mulberry32): the same world each time. */
function createChance(seed: number) {
  let state = seed | 0
  const next = () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
  return {
    happens: (probability: number) => next() < probability,
    between: (from: number, to: number) => from + Math.floor(next() * (to - from)),
    oneOf: <T>(all: readonly T[]): T | undefined => all[Math.floor(next() * all.length)],
  }
}

interface Life {
  days: number
  chooseCut(isEarly: boolean): Cut
}

const chooseFailure = (isEarly: boolean): Cut => ({
  ...{ at: isEarly ? 'emails' : 'end', isOnce: false },
  happen: async () => {
    throw new Error('power is gone')
  },
})

/** The connection dies in the middle of the transaction: once, so that it is run again at once, or each time. */
const chooseKill =
  (database: Database) =>
  (isOnce: boolean): Cut => ({ at: 'emails', isOnce, happen: (tx) => killConnection(database, tx) })

/** All replacements of a certificate, and theirs. */
const lineOf = ({ successors }: Known): Known[] => successors.flatMap((each) => [each, ...lineOf(each)])

const isQuiet = (certificate: Known, now: number): boolean => {
  const uses = lineOf(certificate)
    .filter(({ revokedAt, notAfter }) => revokedAt === undefined && notAfter > now - 1000)
    .flatMap(({ lastUsed }) => lastUsed ?? [])
  return uses.length > 0 && (certificate.lastUsed ?? 0) - Math.max(...uses) < day
}

/** One run of the task, as the world was then. */
interface Run {
  at: number
  /** What had to be quiet, and what was told. */
  quiet: Set<string>
  told: Map<string, number[]>
  hasBegun: boolean
}

async function liveThrough(world: ExpiryWorld, seed: number, { days, chooseCut }: Life) {
  const { happens, between, oneOf } = createChance(seed)
  const all: Known[] = []
  const log: Run[] = []
  const organizations = [
    await world.addOrganization('acme'),
    await world.addOrganization('lodz', 'Łódź Płatności S.A.'),
  ]
  const stopped = new Set<string>()
  for (const organization of organizations)
    await world.addUser(`admin@${organization}.example`, { [organization]: 'admin' })
  const end = letterTime + days * day

  const issue = async (now: number, replaced?: Known) => {
    const organization = replaced?.organization ?? oneOf(organizations) ?? ''
    const notAfter = now + (oneOf([2, 5, 30, 45, 90, 91, 200, 365]) ?? 0) * day + between(0, day)
    const contacts = happens(0.8) ? [`ops${between(0, 4)}@${organization}.example`] : []
    const { id } = await world.issue({
      ...{ organization, issuedAt: now, notAfter, contacts },
      ...(replaced && { replaces: replaced.id }),
    })
    const known: Known = {
      id,
      organization,
      issuedAt: now,
      notAfter,
      successors: [],
      lastUsed: undefined,
      revokedAt: undefined,
    }
    replaced?.successors.push(known)
    all.push(known)
  }
  const act = async (now: number) => {
    const living = all.filter(({ notAfter, revokedAt }) => revokedAt === undefined && notAfter > now)
    const some = oneOf(living)
    if (some === undefined || happens(0.12) || all.length < 8) return issue(now)
    if (happens(0.3)) return issue(now, some)
    if (happens(0.07)) {
      some.revokedAt = now
      await world.revoke(some.id)
    } else if (happens(0.1))
      await world.set(some.id, { contacts: JSON.stringify([`new${between(0, 4)}@x.example`]) })
    else if (happens(0.05)) {
      const { organization } = some
      const isStopped = stopped.delete(organization)
      if (!isStopped) stopped.add(organization)
      await world.setStatus(organization, isStopped ? 'active' : 'suspended')
    } else {
      some.lastUsed = now
      await world.use(some.id, now)
    }
  }
  const run = async (at: number, hasBegun: boolean) => {
    world.moveTo(at)
    const before = world.announced.length
    // Cut off in its transactions: nothing of them may stay.
    const cut = happens(0.1) ? chooseCut(happens(0.5)) : undefined
    world.cutWith(cut)
    const isLost = await world.tell().then(
      () => false,
      (error) => {
        if (cut === undefined) throw error
        return true
      },
    )
    expect(isLost && world.announced.length > before).toBe(false)
    world.cutWith(undefined)
    if (isLost) {
      world.moveTo(at + 20_000)
      await world.tell()
    }
    const told = Map.groupBy(world.announced.slice(before), ({ certificateId }) => certificateId)
    log.push({
      ...{ at: isLost ? at + 20_000 : at, hasBegun },
      quiet: new Set(
        all
          .filter(({ notAfter }) => notAfter > at - 20 * day)
          .filter(
            (each) => stopped.has(each.organization) || each.revokedAt !== undefined || isQuiet(each, at),
          )
          .map(({ id }) => id),
      ),
      told: new Map([...told].map(([id, news]) => [id, news.map(({ data }) => data.days as number)])),
    })
  }

  let downUntil = 0
  for (let morning = letterTime; morning < end; morning += day) {
    const isUp = morning >= downUntil
    if (isUp) {
      await run(morning + between(0, 39_000), false)
      // Nothing is due at any other time.
      if (happens(0.1)) await run(morning + between(2 * minute, 20 * hour), false)
    }
    for (let count = between(0, 3); count > 0; count -= 1) await act(morning + between(21 * hour, 23 * hour))
    if (isUp && happens(0.05)) downUntil = morning + 20 * hour + between(hour, 9 * day)
    // It begins again, at whatever time of the day.
    if (downUntil > morning && downUntil < morning + day) await run(downUntil, true)
  }
  return { all, log }
}

/** The instant of each step: the last 06:00 UTC that is that many days before the end. */
const instantsOf = ({ issuedAt, notAfter }: Known) =>
  planned
    .map((days) => {
      const moment = notAfter - days * day
      return { days, at: letterTime + Math.floor((moment - letterTime) / day) * day }
    })
    .filter(({ at }) => at > issuedAt + day)

test.each(['sqlite', 'postgres'] as const)(
  'on %s each step is told once, in order, in time, and none of what a replacement has taken over',
  async (engine) => {
    await fc.assert(
      fc.asyncProperty(fc.integer(), async (seed) => {
        const database = await openDatabase(
          engine === 'sqlite'
            ? { engine, path: ':memory:' }
            : {
                engine,
                url: await createPostgresDatabase(inject('postgresUrl'), inject('migratedStores').postgres),
              },
        )
        onTestFinished(() => database.close().catch(() => {}))
        await migrate(database)
        const world = createExpiryWorld(database, letterTime)
        const { all, log } = await liveThrough(world, seed, {
          days: livedDays[engine],
          chooseCut: engine === 'sqlite' ? chooseFailure : chooseKill(database),
        })
        let toldInAll = 0
        for (const certificate of all) {
          const { id, notAfter } = certificate
          const expected: { days: number; at: number }[] = []
          const told = new Set<number>()
          const steps = instantsOf(certificate)
          let isOver = false
          // What the plan says of each run, from what the world was like then alone.
          for (const { at, quiet } of log) {
            const latest = steps.findLast((step) => step.at <= at)
            if (latest === undefined || isOver) continue
            // After its last step a certificate is not looked at again, whatever happens.
            isOver = latest.days === -7
            if (told.has(latest.days) || quiet.has(id)) continue
            told.add(latest.days)
            expected.push({ days: latest.days, at })
          }
          const actual = log.flatMap(({ at, told: news }) =>
            (news.get(id) ?? []).map((days) => ({ days, at })),
          )
          expect({ id, notAfter: new Date(notAfter), actual }).toEqual({
            id,
            notAfter: new Date(notAfter),
            actual: expected,
          })
          expect(actual.map(({ days }) => days)).toEqual(planned.filter((days) => told.has(days)))
          toldInAll += actual.length
        }
        expect(toldInAll).toBeGreaterThan(livedDays[engine] / 8)
        await assertLetters(world, log)
      }),
      { numRuns: runs },
    )
  },
)

/** Each person has one letter for each day on which the portal did not begin, and each step that was told is in one. */
async function assertLetters(world: ExpiryWorld, log: readonly Run[]): Promise<void> {
  const begun = new Set(
    log.filter(({ hasBegun }) => hasBegun).map(({ at }) => Math.floor((at - letterTime) / day)),
  )
  const letters = (await world.emails()).filter(({ key }) => key.startsWith('certificate-expires:'))
  const days = letters
    .map(({ recipient, organization_id, created_at }) => ({
      person: `${organization_id} ${recipient}`,
      day: Math.floor((created_at - letterTime) / day),
    }))
    .filter(({ day: number }) => !begun.has(number))
    .map(({ person, day: number }) => `${person} ${number}`)
  expect(new Set(days).size).toBe(days.length)
  for (const { certificateId, at } of world.announced)
    expect(letters.some(({ created_at, body }) => created_at === at && body.includes(certificateId))).toBe(
      true,
    )
}
