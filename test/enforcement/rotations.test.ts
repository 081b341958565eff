import { beforeEach, describe, expect, test } from 'vitest'
import type { CertificateView } from '../../src/contract/certificate.ts'
import { retireDue } from '../../src/rotations/retire-certificate.ts'
import { systemActor } from '../../src/shapes/actor.ts'
import type { Organization } from '../../src/shapes/organization.ts'
import type { CertificateHarness } from '../support/certificate-harness.ts'
import { describeWithFreshStores } from '../support/databases.ts'
import { silenceMs, useRotationWorld } from '../support/rotation-world.ts'

const second = 1000
const minute = 60 * second
const day = 86_400_000

describeWithFreshStores('a rotation', (store) => {
  let harness: CertificateHarness
  let acme: Organization
  let old: CertificateView
  let next: CertificateView
  let failures: unknown[]

  const world = useRotationWorld(store)
  const { replace, look, settle, call, pass, skipHour } = world
  const { get, retire, verdict, statusOf, lettersAbout, audited } = world

  beforeEach(() => {
    ;({ harness, acme, old, next, failures } = world.read())
  })

  test('shows both certificates, and is not over before the old one was silent while all was well', async () => {
    await look()
    expect(await get()).toMatchObject({
      old: { name: old.name, status: 'issued', calls: 1, share: 1 },
      new: { name: next.name, status: 'issued', calls: 0, lastUsedAt: null },
      verdict: { code: 'still_used', sentence: 'not yet: 1 call in the last hour from 203.0.113.7' },
      clientAddresses: [{ address: '203.0.113.7' }],
      isLastWorking: true,
      plan: null,
    })
    expect(await get(next)).toEqual(await get())
    await pass(minute)
    expect(await get()).toMatchObject({
      old: { callsPerMinute: 0.2, calls: 1 },
      new: { calls: 2, callsPerMinute: 0.4 },
      isLastWorking: false,
    })
    skipHour()
    await pass(minute)
    // Nobody looked for an hour.
    expect((await verdict()).code).toBe('not_watched')
    await pass(silenceMs)
    expect(await verdict()).toMatchObject({ code: 'safe', sentence: 'safe to retire: silent for 3 min' })
    await call(old)
    expect(await verdict()).toMatchObject({ code: 'still_used' })
  })

  test('an outage of the gateways is not silence', async () => {
    skipHour()
    await pass(silenceMs + minute)
    expect((await verdict()).code).toBe('safe')
    // Gateways are away, and the portal goes on looking.
    for (let at = 0; at < 3; at += 1) {
      harness.clock.advance(20 * second)
      await look()
    }
    expect(await verdict()).toMatchObject({
      code: 'not_watched',
      sentence:
        'not yet: the gateways have reported without a gap for less than 1 min of 3 min (before, no gateway ran)',
    })
    await pass(silenceMs - minute)
    expect((await verdict()).code).toBe('not_watched')
    await pass(2 * minute)
    expect((await verdict()).code).toBe('safe')
  })

  test('silence in which no call of the replacement arrives is an outage before the gateways', async () => {
    skipHour()
    await pass(silenceMs + minute)
    expect((await verdict()).code).toBe('safe')
    // The gateways report all the time.
    await pass(silenceMs + minute, { use: [] })
    expect((await verdict()).code).toBe('replacement_unused')
    await retire({ when: 'when_safe' })
    await pass(minute)
    expect(await verdict()).toMatchObject({
      code: 'replacement_unused',
      sentence: expect.stringContaining(
        `not yet: ${next.name} has called without a pause of more than 3 min`,
      ),
    })
    expect(await statusOf(old)).toBe('issued')
    await pass(silenceMs)
    expect(await statusOf(old)).toBe('revoked')
  })

  test('the use of a replacement is counted by minute, hour or day, as long as silence is', async () => {
    skipHour()
    const { traffic } = harness.dependencies.rotating
    const hour = 60 * minute
    const readFrom = async (silence: number) => {
      const found = await traffic.readSteady([next.id], { now: harness.clock.now(), silenceMs: silence })
      const steady = found.get(next.id)
      return steady && [harness.clock.now() - steady.from, steady.latest - steady.from]
    }
    harness.clock.advance(day - (harness.clock.now() % day))
    // Every four hours for two days, then nothing for eight hours, and again for a day.
    for (let at = 0; at <= 12; at += 1) {
      await call(next)
      if (at < 12) harness.clock.advance(4 * hour)
    }
    harness.clock.advance(8 * hour)
    for (let at = 0; at <= 6; at += 1) {
      await call(next)
      if (at < 6) harness.clock.advance(4 * hour)
    }
    expect(await readFrom(day)).toEqual([day, hour])
    expect(await readFrom(2 * day)).toEqual([60 * hour, hour])
    expect(await readFrom(hour)).toEqual([0, 0])
    expect(await readFrom(20 * day)).toEqual([80 * hour, day])
    expect((await traffic.readSteady([old.id], { now: harness.clock.now(), silenceMs: day })).size).toBe(0)
  })

  test('a replacement whose calls are denied leads to nothing', async () => {
    skipHour()
    await call(next, { outcome: 'denied' })
    await pass(silenceMs + minute, { use: [] })
    expect(await verdict()).toMatchObject({ code: 'replacement_not_accepted' })
    await expect(retire({ when: 'now' })).rejects.toMatchObject({ code: 'retirement_not_safe' })
    expect(await statusOf(old)).toBe('issued')
  })

  describe('with a replacement that is in use', () => {
    beforeEach(async () => {
      skipHour()
      await pass(silenceMs + minute)
    })

    test('is retired by button once it is safe, as superseded, with letters', async () => {
      const retired = await retire({ when: 'now' })
      expect(retired).toMatchObject({ verdict: { code: 'retired' }, old: { status: 'revoked' } })
      expect((await harness.get(acme, old.id)).revocation).toMatchObject({ reason: 'superseded' })
      expect(await lettersAbout('certificate-revoked')).toHaveLength(2)
      await expect(retire({ when: 'now' })).rejects.toMatchObject({ code: 'certificate_wrong_state' })
    })

    test('is not retired by button while it is used, unless its name is typed', async () => {
      await call(old)
      await expect(retire({ when: 'now' })).rejects.toMatchObject({
        code: 'retirement_not_safe',
        message: expect.stringContaining('not yet: 1 call in the last hour from 203.0.113.7'),
      })
      await expect(retire({ when: 'now', name: next.name })).rejects.toMatchObject({
        code: 'name_does_not_match',
      })
      expect(await statusOf(old)).toBe('issued')
      await retire({ when: 'now', name: ` ${old.name} ` })
      expect(await statusOf(old)).toBe('revoked')
    })

    test('is retired by itself when that is safe, once', async () => {
      await call(old)
      const { plan } = await retire({ when: 'when_safe' })
      expect(plan).toMatchObject({ mode: 'when_safe', at: null, postponedSince: null })
      await settle()
      expect(await statusOf(old)).toBe('issued')
      skipHour()
      await pass(silenceMs + minute)
      expect(await statusOf(old)).toBe('revoked')
      expect(await audited()).toEqual([
        'certificate.retirement_set by usr_1',
        'certificate.revoked by rotation',
      ])
      await Promise.all([settle(), settle()])
      expect(await lettersAbout('certificate-revoked')).toHaveLength(2)
      expect(await lettersAbout('retirement-held')).toEqual([])
    })

    test('is retired at a time; while it is used then, that is postponed, and said once', async () => {
      const at = new Date(harness.clock.now() + 2 * minute).toISOString()
      await retire({ when: 'at', at })
      await pass(3 * minute, { use: [next, old] })
      expect(await statusOf(old)).toBe('issued')
      expect((await get()).plan).toMatchObject({ mode: 'at', at, postponedSince: expect.any(String) })
      const letters = (await lettersAbout('retirement-held')).toSorted()
      expect(letters.map((letter) => letter.split(' is not retired yet')[0])).toEqual([
        `dev@acme.example: Certificate ${old.name}`,
        `ops@acme.example: Certificate ${old.name}`,
      ])
      expect(letters[0]).toContain('in the last hour from 203.0.113.7')
      skipHour()
      await pass(silenceMs + minute)
      expect(await statusOf(old)).toBe('revoked')
      expect(await audited()).toEqual([
        'certificate.retirement_set by usr_1',
        'certificate.retirement_held by rotation',
        'certificate.revoked by rotation',
      ])
    })

    test('a decision can be taken back', async () => {
      await retire({ when: 'when_safe' })
      expect((await retire({ when: 'manual' })).plan).toBeNull()
      await pass(minute)
      expect(await statusOf(old)).toBe('issued')
    })

    test('a decision that makes no sense is refused, and changes nothing', async () => {
      const long = { at: new Date(0).toISOString() }
      for (const body of [
        { when: 'at' },
        { when: 'now', ...long },
        { when: 'at', ...long },
        { when: 'at', at: '2999-01-01T00:00:00Z' },
      ])
        await expect(retire(body)).rejects.toMatchObject({ code: 'bad_request' })
      expect((await get()).plan).toBeNull()
      const alone = await harness.issueOne(acme)
      await expect(retire({ when: 'when_safe' }, alone)).rejects.toMatchObject({
        code: 'certificate_wrong_state',
      })
    })

    test('the last certificate that works is never retired by itself, and by button only by its name', async () => {
      await retire({ when: 'when_safe' })
      // What was judged a moment ago is not true any more when it is retired.
      const { rotating } = harness.dependencies
      const judged = { ...rotating, revoke: withRevokedFirst(rotating.revoke) }
      await retireDue(judged, systemActor('rotation'), (error) => failures.push(error))
      expect(await statusOf(old)).toBe('issued')
      expect(await get()).toMatchObject({ isLastWorking: true, verdict: { code: 'replacement_ended' } })
      await expect(retire({ when: 'now' })).rejects.toMatchObject({ code: 'retirement_not_safe' })
      await retire({ when: 'now', name: old.name })
      expect(await statusOf(old)).toBe('revoked')
    })
    const withRevokedFirst =
      (revoke: CertificateHarness['dependencies']['rotating']['revoke']): typeof revoke =>
      async (...given) => {
        await harness.revoke(acme, next)
        return revoke(...given)
      }

    test('of two certificates that are retired at once, one stays', async () => {
      const third = await replace(next)
      await harness.revoke(acme, third)
      // Each is safe beside the other, had the two been asked one after the other.
      const { rotating } = harness.dependencies
      const retireWith = (certificate: CertificateView) =>
        rotating.revoke(systemActor('x'), { organization: acme, certificateId: certificate.id }, (has) => {
          if (!has) throw new Error('the last one')
        })
      const ended = await Promise.allSettled([retireWith(old), retireWith(next)])
      expect(ended.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
      expect([await statusOf(old), await statusOf(next)].toSorted()).toEqual(['issued', 'revoked'])
    })

    test('goes on over generations', async () => {
      await retire({ when: 'now' })
      const third = await replace(next)
      const shown = await get(third)
      expect(shown).toMatchObject({ old: { name: next.name }, new: { name: third.name } })
      expect(shown.generations.map(({ name }) => name)).toEqual([old.name, next.name, third.name])
    })
  })

  test('says which credentials still come with the old one, and which tokens are bound to it', async () => {
    const create = (name: string) =>
      harness.call('createCredential', { organization: acme, environment: 'production', body: { name } })
    const [left, switched] = [await create('left behind'), await create('switched')]
    const hour = harness.clock.now() - (harness.clock.now() % (60 * minute))
    const came = ({ id }: { id: string }, count: number) => [
      { kind: 'credential' as const, value: id },
      { kind: 'token' as const, value: id, count, day: hour },
    ]
    await call(old, { facets: [...came(left, 2), ...came(switched, 1)] })
    await call(next, { facets: came(switched, 1) })
    await look()
    const shown = await get()
    expect(shown.boundTokens).toMatchObject({ atMost: 3, validUntil: expect.any(String) })
    expect(shown.credentials.map(({ name, hasNewToken }) => `${name}: ${hasNewToken}`).toSorted()).toEqual([
      'left behind: false',
      'switched: true',
    ])
    // Tokens live for 15 minutes; who has switched is not listed once the old one is silent.
    harness.clock.advance(16 * minute)
    await look()
    const later = await get()
    expect(later.boundTokens).toEqual({ atMost: 0, validUntil: null })
    expect(later.credentials.map(({ name, tokenValidUntil }) => [name, tokenValidUntil])).toEqual([
      ['left behind', null],
    ])
  })

  test('half-done ones are listed by cursor, those of others are not, and finished ones are gone', async () => {
    const globex = await harness.addOrganization('globex')
    await replace(await harness.issueOne(globex), globex)
    await harness.issueOne(acme)
    harness.clock.advance(minute)
    const second = await harness.issueOne(acme)
    await harness.call('rotateCertificate', { organization: acme, params: { certificateId: second.id } })
    const list = (query: object = {}, environment = 'production') =>
      harness.call('listRotations', { organization: acme, environment, query })
    const { items } = await list()
    expect(items.map((one) => [one.old.name, one.new?.name, one.new?.status])).toEqual([
      [old.name, next.name, 'issued'],
      [second.name, expect.any(String), 'draft'],
    ])
    const page = await list({ limit: 1 })
    expect(page.items).toEqual(items.slice(0, 1))
    const rest = await list({ limit: 1, cursor: page.nextCursor })
    expect(rest).toEqual({ items: items.slice(1), nextCursor: null })
    expect((await list({}, 'staging')).items).toEqual([])
    await harness.revoke(acme, old)
    expect((await list()).items).toHaveLength(1)
    await expect(get(old, globex)).rejects.toMatchObject({ code: 'not_found' })
    await expect(retire({ when: 'manual' }, second, globex)).rejects.toMatchObject({ code: 'not_found' })
  })
})
