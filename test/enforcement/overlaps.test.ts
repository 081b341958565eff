import { beforeEach, expect, test } from 'vitest'
import type { CertificateView } from '../../src/contract/certificate.ts'
import { createOverlapEnd } from '../../src/rotations/end-overlaps.ts'
import { systemActor } from '../../src/shapes/actor.ts'
import type { Organization } from '../../src/shapes/organization.ts'
import type { CertificateHarness } from '../support/certificate-harness.ts'
import { describeWithFreshStores } from '../support/databases.ts'
import { silenceMs, useRotationWorld } from '../support/rotation-world.ts'

const minute = 60_000
const day = 86_400_000
const overlapMs = 10 * minute

describeWithFreshStores('the overlap of a certificate and its replacement', (store) => {
  let harness: CertificateHarness
  let acme: Organization
  let old: CertificateView
  let next: CertificateView
  let failures: unknown[]

  const world = useRotationWorld(store, { rotationOverlapDays: overlapMs / day })
  const { replace, look, endOverlaps, call, pass, skipHour } = world
  const { get, retire, statusOf, lettersAbout, audited } = world

  beforeEach(() => {
    ;({ harness, acme, old, next, failures } = world.read())
    // The calls of the old one are not of the last hour any more.
    skipHour()
  })

  const endOverlapsWith = (revoke = harness.dependencies.rotating.revoke) =>
    createOverlapEnd({ ...harness.dependencies.rotating, revoke }, systemActor('overlap'), (error) =>
      failures.push(error),
    )
  /** The configuration was read again. */
  const setLimit = (milliseconds: number | null) =>
    Object.assign(harness.environments.get('production') ?? {}, {
      rotationOverlapDays: milliseconds === null ? null : milliseconds / day,
    })
  /** The overlap is over, and nobody has looked since. */
  const passOverlap = async () => {
    setLimit(null)
    await pass(overlapMs + minute)
    setLimit(overlapMs)
  }
  const findOverlap = async () => (await get()).overlap
  const listOverdue = async () => (await harness.call('listOverdueRotations', {})).items
  const readEnd = async () => Date.parse((await findOverlap())?.limitedUntil ?? '')
  const findAction = async () =>
    (await harness.call('listRequiredActions', { organization: acme, environment: 'production' })).items.find(
      ({ kind }) => kind === 'rotation_to_retire',
    )

  test('begins with the first call of the replacement; then the old one is retired by itself', async () => {
    const expiry = old.notAfter
    expect(await findOverlap()).toMatchObject({ rule: 'expiry', endsAt: expiry, limitedUntil: null })
    await pass(silenceMs + minute)
    const accepted = Date.parse((await get()).new?.firstUsedAt ?? '')
    const limitedUntil = new Date(accepted + overlapMs).toISOString()
    expect(await get()).toMatchObject({
      verdict: { code: 'safe' },
      overlap: {
        ...{ rule: 'policy', endsAt: limitedUntil, limitedUntil, days: overlapMs / day },
        postponedSince: null,
      },
    })
    expect(await findAction()).toMatchObject({ overlapEndsAt: limitedUntil })
    expect(await statusOf(old)).toBe('issued')
    expect(await listOverdue()).toEqual([])
    await pass(accepted + overlapMs - harness.clock.now() - 1000)
    expect(await statusOf(old)).toBe('issued')
    await pass(minute)
    expect(await get()).toMatchObject({ verdict: { code: 'retired' }, overlap: null })
    expect(await audited()).toEqual(['certificate.revoked by overlap'])
    expect(await lettersAbout('retirement-held')).toEqual([])
    expect(await lettersAbout('certificate-revoked')).toHaveLength(2)
  })

  test('ends no call: a certificate that is used then stays, its contacts are told once, and operators see it', async () => {
    await pass(overlapMs + 2 * minute, { use: [next, old] })
    expect(await statusOf(old)).toBe('issued')
    const { verdict, overlap } = await get()
    expect(overlap?.postponedSince).toEqual(expect.any(String))
    expect(verdict.sentence).toMatch(
      /^not yet: \d+ calls in the last hour from 203\.0\.113\.7; the overlap of 10 min ended 1 min ago$/,
    )
    const [overdue] = await listOverdue()
    expect(overdue).toMatchObject({
      organization: { slug: 'acme' },
      ...{ old: { name: old.name }, new: { name: next.name }, verdict },
    })
    // By two portals at once, and again.
    await Promise.all([endOverlapsWith()(), endOverlapsWith()()])
    await endOverlaps()
    const letters = (await lettersAbout('retirement-held')).toSorted()
    expect(letters.map((letter) => letter.split('\n')[0])).toEqual([
      `dev@acme.example: Certificate ${old.name} is not retired yet (production)`,
      `ops@acme.example: Certificate ${old.name} is not retired yet (production)`,
    ])
    expect(letters[0]).toContain(`beside its replacement ${next.name}`)
    expect(letters[0]).toMatch(/postponed: not yet: \d+ calls in the last hour from 203\.0\.113\.7/)
    expect(await audited()).toEqual(['certificate.retirement_held by overlap'])
    skipHour()
    await pass(silenceMs + 2 * minute)
    expect(await statusOf(old)).toBe('revoked')
    expect(await listOverdue()).toEqual([])
    expect(await store.database.queries.selectFrom('overlap_holds').selectAll().execute()).toEqual([])
  })

  test('an outage of the gateways or of the replacement is not silence', async () => {
    /** The portal looks, and no gateway reports. */
    const loseGateways = async () => {
      for (let at = 0; at < 8; at += 1) {
        harness.clock.advance(minute)
        await look()
        await endOverlaps()
      }
    }
    await pass(silenceMs + minute)
    await loseGateways()
    await pass(minute)
    expect(await get()).toMatchObject({
      old: { status: 'issued' },
      verdict: { code: expect.stringMatching(/^(not_watched|replacement_unused)$/) },
    })
    await loseGateways()
    await pass(silenceMs + minute, { use: [] })
    expect(await get()).toMatchObject({ old: { status: 'issued' }, verdict: { code: 'replacement_unused' } })
    expect(await lettersAbout('retirement-held')).toHaveLength(2)
    await pass(silenceMs + 2 * minute)
    expect(await statusOf(old)).toBe('revoked')
  })

  test('is over with a replacement that is revoked, and begins again with the next one', async () => {
    await pass(silenceMs)
    await harness.revoke(acme, next)
    expect(await findOverlap()).toMatchObject({ rule: 'expiry', limitedUntil: null })
    await pass(overlapMs, { use: [] })
    const third = await replace(old)
    await pass(silenceMs + minute, { use: [third] })
    expect(await listOverdue()).toEqual([])
    expect(await get()).toMatchObject({ old: { status: 'issued' }, verdict: { code: 'safe' } })
    expect(await get(third)).toEqual(await get())
    expect(await readEnd()).toBeGreaterThan(harness.clock.now())
    expect(await lettersAbout('retirement-held')).toEqual([])
  })

  test('follows the setting as it is now: removed, longer, shorter', async () => {
    setLimit(null)
    await pass(overlapMs + 2 * minute)
    expect(await get()).toMatchObject({ overlap: { rule: 'expiry', days: null, limitedUntil: null } })
    expect(await statusOf(old)).toBe('issued')
    await call(old)
    setLimit(overlapMs)
    await pass(minute)
    expect(await lettersAbout('retirement-held')).toHaveLength(2)
    setLimit(400 * day)
    await pass(minute, { use: [next, old] })
    expect(await findOverlap()).toMatchObject({ rule: 'expiry', days: 400, postponedSince: null })
    expect(await listOverdue()).toEqual([])
    setLimit(overlapMs / 2)
    await endOverlaps()
    expect(await lettersAbout('retirement-held')).toHaveLength(2)
    expect(await findOverlap()).toMatchObject({ rule: 'policy', postponedSince: expect.any(String) })
    // A later end is one that nobody was told of.
    setLimit(overlapMs + minute)
    await endOverlaps()
    expect(await lettersAbout('retirement-held')).toHaveLength(4)
  })

  test('is ended sooner by a user, and never later', async () => {
    await pass(minute)
    const end = await readEnd()
    const at = (moment: number) => ({ when: 'at', at: new Date(moment).toISOString() })
    await expect(retire(at(end + 1000))).rejects.toMatchObject({
      code: 'bad_request',
      message: expect.stringContaining(new Date(end).toISOString()),
    })
    expect((await get()).plan).toBeNull()
    expect((await retire(at(end - minute))).overlap).toMatchObject({ rule: 'plan' })
    setLimit(null)
    await retire(at(end + day))
    setLimit(overlapMs)
    expect(await findOverlap()).toMatchObject({ rule: 'policy', endsAt: new Date(end).toISOString() })
    await pass(overlapMs)
    expect(await statusOf(old)).toBe('revoked')
    expect((await audited()).at(-1)).toBe('certificate.revoked by overlap')
  })

  test('of the last certificate that works does not end, and that is said once', async () => {
    await passOverlap()
    const { revoke } = harness.dependencies.rotating
    // What was judged a moment ago is not true any more when it is retired.
    await endOverlapsWith(async (...given) => {
      await harness.revoke(acme, next)
      return revoke(...given)
    })()
    expect(await statusOf(old)).toBe('issued')
    expect(await lettersAbout('retirement-held')).toHaveLength(2)
    const { after } = await store.database.queries
      .selectFrom('audit')
      .select('after')
      .where('action', '=', 'certificate.retirement_held')
      .executeTakeFirstOrThrow()
    expect(after).toContain(`not yet: ${old.name} is the last certificate that works`)
    expect(await listOverdue()).toEqual([])
  })

  test('is judged at its turn: a certificate that is used while another is retired stays', async () => {
    const other = await harness.issueOne(acme, {})
    await call(other)
    const otherNext = await replace(other)
    setLimit(null)
    skipHour()
    await pass(overlapMs + minute, { use: [next, otherNext] })
    // A setting in days is rarely a whole number of milliseconds.
    setLimit(overlapMs + 0.3)
    let isFirst = true
    const { revoke } = harness.dependencies.rotating
    await endOverlapsWith(async (...given) => {
      if (isFirst) for (const one of [old, other]) await call(one)
      isFirst = false
      return revoke(...given)
    })()
    expect([await statusOf(old), await statusOf(other)].toSorted()).toEqual(['issued', 'revoked'])
    await endOverlaps()
    expect(await lettersAbout('retirement-held')).toHaveLength((await statusOf(other)) === 'issued' ? 1 : 2)
  })

  test('of several portals ends a certificate once', async () => {
    await passOverlap()
    await Promise.all([endOverlapsWith()(), endOverlapsWith()(), endOverlaps()])
    expect(await audited()).toEqual(['certificate.revoked by overlap'])
    expect(await lettersAbout('certificate-revoked')).toHaveLength(2)
  })

  test('is nothing of a certificate that expires before', async () => {
    setLimit(400 * day)
    await pass(minute)
    expect(await findOverlap()).toMatchObject({ rule: 'expiry', endsAt: old.notAfter })
    harness.clock.advance(401 * day)
    await endOverlaps()
    expect(await get()).toMatchObject({ overlap: null, verdict: { code: 'expired' } })
    expect(await lettersAbout('retirement-held')).toEqual([])
    expect(await listOverdue()).toEqual([])
  })
})
