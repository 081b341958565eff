import { afterEach, beforeEach, expect } from 'vitest'
import type { CertificateView } from '../../src/contract/certificate.ts'
import type { UsageFacet } from '../../src/contract/usage-batch.ts'
import { createOverlapEnd } from '../../src/rotations/end-overlaps.ts'
import { retireDue } from '../../src/rotations/retire-certificate.ts'
import { systemActor } from '../../src/shapes/actor.ts'
import type { Organization } from '../../src/shapes/organization.ts'
import { openUsageStore, type UsageStore } from '../../src/telemetry/usage-store.ts'
import { type CertificateHarness, createCertificateHarness, makeCsr } from './certificate-harness.ts'
import type { TestStore } from './databases.ts'
import { emptyBatch, gatewayStatus } from './usage-batches.ts'

const second = 1000
const minute = 60 * second
const day = 86_400_000

/** So much silence makes it safe to retire a certificate in this world: three minutes. */
export const silenceMs = 3 * minute

/** An organization with a certificate that was used, and a replacement of it that was not. */
interface RotationState {
  harness: CertificateHarness
  acme: Organization
  old: CertificateView
  next: CertificateView
  writer: UsageStore
  endOverlaps: () => Promise<void>
  /** Of the last batch of the gateway. */
  number: number
  failures: unknown[]
}

/** Creates before each test an organization with a rotation, whose time and traffic the returned functions make pass. */
export function useRotationWorld(
  store: TestStore,
  { rotationOverlapDays = null }: { rotationOverlapDays?: number | null } = {},
) {
  let state: RotationState

  beforeEach(async () => {
    const harness = await createCertificateHarness(store.database, {
      retirementSilenceHours: silenceMs / 3_600_000,
      rotationOverlapDays,
    })
    const acme = await harness.addOrganization('acme')
    const old = await harness.issueOne(acme, { contacts: ['ops@acme.example'] })
    const writer = await openUsageStore(store.location, async () => harness.clock.now())
    const failures: unknown[] = []
    const endOverlaps = createOverlapEnd(harness.dependencies.rotating, systemActor('overlap'), (error) =>
      failures.push(error),
    )
    state = { harness, acme, old, next: old, writer, endOverlaps, number: 0, failures }
    await call(old)
    state.next = await replace(old)
  })
  afterEach(async () => {
    await state.writer.close()
    expect(state.failures).toEqual([])
  })

  const replace = async (certificate: CertificateView, organization = state.acme) => {
    const draft = await state.harness.call('rotateCertificate', {
      organization,
      params: { certificateId: certificate.id },
    })
    return state.harness.submit(organization, draft.id, makeCsr())
  }
  /** A gateway reports, with what it counted. */
  const report = (changes: Parameters<typeof emptyBatch>[1] = {}) => {
    state.number += 1
    const gateway = {
      ...gatewayStatus,
      startedAt: state.harness.clock.now() - day,
      seenAt: state.harness.clock.now(),
    }
    return state.writer.write(emptyBatch(state.number, { gateway, ...changes }))
  }
  const look = () => state.harness.dependencies.gatewayWatch.look(state.harness.clock.now(), 15 * minute)
  const settle = () =>
    retireDue(state.harness.dependencies.rotating, systemActor('rotation'), (error) =>
      state.failures.push(error),
    )
  const endOverlaps = () => state.endOverlaps()
  /** A request with a certificate, from an address. */
  const call = async (
    certificate: CertificateView,
    { outcome = 'ok', facets = [] }: { outcome?: 'ok' | 'denied'; facets?: Partial<UsageFacet>[] } = {},
  ) => {
    const now = state.harness.clock.now()
    const none = { handshakes: 0, ok: 0, redirects: 0, clientErrors: 0, serverErrors: 0, refusals: 0 }
    const isOk = outcome === 'ok'
    const certificateId = certificate.id
    const of = { certificateId, day: now - (now % day), count: 1, lastAt: now }
    await report({
      certificates: [
        {
          ...{
            certificateId,
            minute: now - (now % minute),
            ...none,
            ...(isOk ? { ok: 1 } : { refusals: 1 }),
          },
          firstAcceptedAt: isOk ? now : null,
          lastAcceptedAt: isOk ? now : null,
          lastDeniedAt: isOk ? null : now,
        },
      ],
      facets: [
        { ...of, kind: 'address', value: '203.0.113.7' },
        ...facets.map((facet) => ({ ...of, kind: 'credential' as const, value: '', ...facet })),
      ],
    })
  }
  /** Time passes: gateways report, the portal looks, and these certificates are used. */
  const pass = async (milliseconds: number, { use = [state.next] }: { use?: CertificateView[] } = {}) => {
    for (let left = milliseconds; left > 0; left -= 50 * second) {
      state.harness.clock.advance(Math.min(left, 50 * second))
      for (const certificate of use) await call(certificate)
      if (use.length === 0) await report()
      await look()
      await settle()
      await endOverlaps()
    }
  }
  /** Calls are not of the last hour any more; nobody looked for so long. */
  const skipHour = () => state.harness.clock.advance(61 * minute)
  const get = (certificate = state.old, organization = state.acme) =>
    state.harness.call('getRotation', { organization, params: { certificateId: certificate.id } })
  const retire = (body: object, certificate = state.old, organization = state.acme) =>
    state.harness.call('retireCertificate', { organization, params: { certificateId: certificate.id }, body })
  const verdict = async () => (await get()).verdict
  const statusOf = async (certificate: CertificateView) =>
    (await state.harness.get(state.acme, certificate.id)).status
  const lettersAbout = async (key: string) =>
    (
      await store.database.queries
        .selectFrom('outbox')
        .select(['recipient', 'subject', 'body'])
        .where('key', 'like', `${key}:%`)
        .execute()
    ).map(({ recipient, subject, body }) => `${recipient}: ${subject}\n${body}`)
  const audited = async () =>
    (
      await store.database.queries
        .selectFrom('audit')
        .select(['action', 'actor_id'])
        .where('subject_id', '=', state.old.id)
        .where('action', 'like', 'certificate.re%')
        .orderBy('sequence')
        .execute()
    ).map(({ action, actor_id: actor }) => `${action} by ${actor}`)

  return {
    read: () => state,
    ...{ replace, report, look, settle, endOverlaps, call, pass, skipHour },
    ...{ get, retire, verdict, statusOf, lettersAbout, audited },
  }
}
