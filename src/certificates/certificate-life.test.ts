import { readdirSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import {
  type CertificateWorld,
  createCertificateWorld,
  makeCsr,
  makeKeyAndCsr,
  pastValidity,
} from '../../test/support/certificate-world.ts'
import { describeOnBothEngines } from '../../test/support/databases.ts'
import type { Organization } from '../shapes/organization.ts'
import { issueCertificate } from './issuance/issue-certificate.ts'
import { resumeIssuance } from './issuance/resume-issuance.ts'

const refusal = (code: string) => expect.objectContaining({ code })

describeOnBothEngines('a certificate', (store) => {
  let world: CertificateWorld
  let acme: Organization
  let globex: Organization
  let signerFails = false
  beforeAll(async () => {
    world = await createCertificateWorld(store.database, {
      replaceSigner: (real) => ({
        ...real,
        async signCertificate(certificate) {
          if (signerFails) throw new Error('the process has ended')
          return real.signCertificate(certificate)
        },
      }),
    })
    acme = await world.addOrganization('acme', 'Łódź Płatności S.A.')
    globex = await world.addOrganization('globex')
  })

  test('gets distinct numbers when twenty are created concurrently', async () => {
    const other = await world.addOrganization('twenty')
    const drafts = await Promise.all(Array.from({ length: 20 }, () => world.createDraft(other)))
    const expected = Array.from({ length: 20 }, (_, i) => `twenty-${String(i + 1).padStart(4, '0')}`)
    expect(drafts.map(({ name }) => name).sort()).toEqual(expected)
  })

  test('is issued immediately in production, with Postern’s subject and not the request’s', async () => {
    const draft = await world.createDraft(acme, 'production', { contacts: ['team@acme.example'] })
    const view = await world.submit(acme, draft.id, makeCsr('/C=FR/O=Somebody Else/CN=other'))
    expect(view.status).toBe('issued')
    expect(view.issued?.subject).toBe(`CN=${draft.name},O=Łódź Płatności S.A.,ST=Kent,C=GB`)
    expect(view.issued?.uri).toBe(`urn:postern:production:acme:${draft.name}`)
    expect(view.request?.differences).toContainEqual({
      field: 'Organization (O)',
      asked: 'Somebody Else',
      given: 'Łódź Płatności S.A.',
    })
    expect(view.issued?.chain).toHaveLength(2)
    expect(view.request).toMatchObject({ submittedBy: 'dev@acme.example', submittedFrom: '192.0.2.7' })
  })

  test('carries the organization’s registered name, whatever name the draft was given for its command', async () => {
    const subject = { organizationName: 'Somebody Else Ltd', country: 'FR', state: '' }
    const draft = await world.createDraft(acme, 'production', { subject })
    expect(draft).toMatchObject({ subject, certifiedSubject: { organizationName: 'Łódź Płatności S.A.' } })
    const view = await world.submit(acme, draft.id, makeCsr('/C=FR/O=Somebody Else Ltd/CN=x'))
    expect(view.issued?.subject).toBe(`CN=${draft.name},O=Łódź Płatności S.A.,ST=Kent,C=GB`)
    expect(view.request?.differences.map(({ field }) => field)).toContain('Organization (O)')
  })

  test('writes change, audit row and one email per recipient when it is issued', async () => {
    const draft = await world.createDraft(acme, 'production', {
      contacts: ['team@acme.example', 'DEV@acme.example'],
    })
    await world.submit(acme, draft.id, makeCsr())
    const { queries } = store.database
    const about = await queries
      .selectFrom('outbox')
      .selectAll()
      .where('key', 'like', `%${draft.id}%`)
      .execute()
    expect(about.map(({ recipient }) => recipient.toLowerCase()).sort()).toEqual([
      'dev@acme.example',
      'team@acme.example',
    ])
    const changes = await queries
      .selectFrom('changes')
      .selectAll()
      .where('subject_id', '=', draft.id)
      .execute()
    expect(changes.every(({ kind }) => kind === 'certificate')).toBe(true)
    expect(changes.length).toBeGreaterThan(0)
    const history = await world.call('listCertificateHistory', {
      organization: acme,
      params: { certificateId: draft.id },
    })
    expect(history.items.map(({ action }) => action)).toEqual([
      'certificate.issued',
      'certificate.planned',
      'certificate.submitted',
      'certificate.created',
    ])
    const jobs = await queries.selectFrom('jobs').selectAll().where('key', '=', draft.id).execute()
    expect(jobs).toEqual([])
  })

  test('is issued by the worker in staging, once however often the worker runs', async () => {
    const draft = await world.createDraft(acme, 'staging')
    expect((await world.submit(acme, draft.id, makeCsr())).status).toBe('pending')
    await Promise.all([issueCertificate(world.issue, draft.id), issueCertificate(world.issue, draft.id)])
    const first = await world.get(acme, draft.id)
    expect(first.status).toBe('issued')
    await issueCertificate(world.issue, draft.id)
    expect((await world.get(acme, draft.id)).issued?.fingerprintSha256).toBe(first.issued?.fingerprintSha256)
  })

  test('waits for an approval only where the environment requires one', async () => {
    const approved = await world.createDraft(acme, 'careful')
    const rejected = await world.createDraft(globex, 'careful')
    const csr = makeCsr()
    await world.submit(acme, approved.id, makeCsr())
    world.clock.advance(1)
    await world.submit(globex, rejected.id, csr)
    await issueCertificate(world.issue, approved.id)
    expect((await world.get(acme, approved.id)).status).toBe('pending')
    const { items } = await world.call('listApprovals', {})
    expect(items.map((item) => [item.certificate.id, item.organization.slug])).toEqual([
      [approved.id, 'acme'],
      [rejected.id, 'globex'],
    ])
    const decide = (certificateId: string, body: object) =>
      world.call('decideApproval', { params: { certificateId }, body })
    expect((await decide(approved.id, { approve: true })).status).toBe('issued')
    const refused = await decide(rejected.id, { approve: false, reason: 'unknown company' })
    expect(refused.status).toBe('rejected')
    expect(refused.decision?.reason).toBe('unknown company')
    await expect(decide(rejected.id, { approve: true })).rejects.toEqual(refusal('certificate_wrong_state'))
    expect((await world.call('listApprovals', {})).items).toEqual([])
    // The request was rejected, so its key is free again.
    const again = await world.createDraft(globex)
    expect((await world.submit(globex, again.id, csr)).status).toBe('issued')
  })

  test('does not exist for another organization', async () => {
    const own = await world.issueOne(acme)
    const input = { organization: globex, params: { certificateId: own.id, form: 'pem' } }
    const bodies = {
      revokeCertificate: { reason: 'superseded', name: own.name },
      submitCertificateRequest: { csr: 'x' },
    }
    const ids = [
      'getCertificate',
      'updateCertificate',
      'submitCertificateRequest',
      'downloadCertificate',
      'cancelCertificate',
      'revokeCertificate',
      'rotateCertificate',
      'listCertificateHistory',
    ] as const
    for (const id of ids) {
      const body = (bodies as Record<string, object>)[id] ?? {}
      await expect(world.call(id, { ...input, body }), id).rejects.toEqual(refusal('not_found'))
    }
    const listed = await world.call('listCertificates', { organization: globex, environment: 'production' })
    expect(listed.items.map(({ id }) => id)).not.toContain(own.id)
    expect((await world.get(acme, own.id)).status).toBe('issued')
  })

  test('accepts one of two requests that are submitted concurrently', async () => {
    const draft = await world.createDraft(acme)
    const results = await Promise.allSettled([
      world.submit(acme, draft.id, makeCsr()),
      world.submit(acme, draft.id, makeCsr()),
    ])
    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
    const failed = results.find((result) => result.status === 'rejected')
    expect(failed?.reason).toEqual(refusal('certificate_wrong_state'))
  })

  test('rejects a key that is used anywhere, also when two arrive concurrently, and does not say by whom', async () => {
    const csr = makeCsr()
    const [one, two] = [await world.createDraft(acme), await world.createDraft(globex, 'staging')]
    const results = await Promise.allSettled([
      world.submit(acme, one.id, csr),
      world.submit(globex, two.id, csr),
    ])
    const failed = results.find((result) => result.status === 'rejected')
    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
    expect(failed?.reason).toEqual(refusal('key_already_used'))
    expect(failed?.reason.message).not.toMatch(/acme|globex/)
  })

  test('rejects the key of a revoked certificate permanently', async () => {
    const csr = makeCsr()
    const draft = await world.createDraft(acme)
    await world.revoke(acme, await world.submit(acme, draft.id, csr))
    const next = await world.createDraft(globex)
    await expect(world.submit(globex, next.id, csr)).rejects.toEqual(refusal('key_revoked'))
    expect((await world.get(globex, next.id)).status).toBe('draft')
  })

  test('is revoked once when two users revoke it concurrently, and never again', async () => {
    const issued = await world.issueOne(acme)
    const results = await Promise.allSettled([world.revoke(acme, issued), world.revoke(acme, issued)])
    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
    await expect(world.revoke(acme, issued)).rejects.toEqual(refusal('certificate_wrong_state'))
    const view = await world.get(acme, issued.id)
    expect(view.revocation).toMatchObject({ reason: 'superseded', by: 'dev@acme.example' })
    expect(world.failures).toEqual([])
  })

  test('is not revoked when a different name is typed', async () => {
    const issued = await world.issueOne(acme)
    await expect(world.revoke(acme, { ...issued, name: 'acme-9999' })).rejects.toEqual(
      refusal('name_does_not_match'),
    )
    expect((await world.get(acme, issued.id)).status).toBe('issued')
  })

  test('gets one open replacement with the same details and another key', async () => {
    const old = await world.issueOne(acme, { description: 'payouts', owner: 'Team Red' })
    const rotate = () =>
      world.call('rotateCertificate', { organization: acme, params: { certificateId: old.id } })
    const results = await Promise.allSettled([rotate(), rotate()])
    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
    const before = await world.get(acme, old.id)
    const successor = await world.get(acme, before.replacedBy?.id ?? '')
    expect(successor).toMatchObject({ status: 'draft', description: 'payouts', owner: 'Team Red' })
    expect(successor.replaces).toEqual({ id: old.id, name: old.name, status: 'issued' })
    await world.submit(acme, successor.id, makeCsr())
    expect((await world.get(acme, old.id)).status).toBe('issued')
    await expect(rotate()).rejects.toEqual(refusal('certificate_wrong_state'))
  })

  test('can be cancelled until it is planned', async () => {
    const cancel = (certificateId: string) =>
      world.call('cancelCertificate', { organization: acme, params: { certificateId } })
    const draft = await world.createDraft(acme)
    expect((await cancel(draft.id)).status).toBe('cancelled')
    await expect(cancel(draft.id)).rejects.toEqual(refusal('certificate_wrong_state'))
    await expect(cancel((await world.issueOne(acme)).id)).rejects.toEqual(refusal('certificate_wrong_state'))
  })

  test('allows its subject to be changed only while it is a draft, its description always', async () => {
    const update = (certificateId: string, body: object) =>
      world.call('updateCertificate', { organization: acme, params: { certificateId }, body })
    const subject = { organizationName: 'Acme Payments', country: 'pl', state: '' }
    const draft = await world.createDraft(acme)
    expect((await update(draft.id, { subject })).subject).toEqual({ ...subject, country: 'PL' })
    await expect(update(draft.id, { subject: { ...subject, country: 'XX' } })).rejects.toEqual(
      refusal('subject_invalid'),
    )
    await expect(update(draft.id, { keyKind: 'ec-p521' })).rejects.toEqual(refusal('key_not_allowed'))
    const issued = await world.issueOne(acme)
    await expect(update(issued.id, { subject })).rejects.toEqual(refusal('certificate_wrong_state'))
    expect((await update(issued.id, { description: 'Naïve Ünit' })).description).toBe('Naïve Ünit')
    for (const text of [
      'naïve ünit',
      issued.issued?.serialNumber,
      colons(issued.issued?.fingerprintSha256),
    ]) {
      const query = { text }
      const found = await world.call('listCertificates', {
        organization: acme,
        environment: 'production',
        query,
      })
      expect(found.items.map(({ id }) => id)).toEqual([issued.id])
    }
  })

  test('is not created beyond the limit of an organization, which the error names', async () => {
    const few = await world.addOrganization('few')
    const environment = world.environments.get('careful')
    if (environment === undefined) throw new Error('no environment')
    world.environments.set('careful', { ...environment, maxCertificates: 2 })
    const made = await Promise.allSettled(Array.from({ length: 5 }, () => world.createDraft(few, 'careful')))
    world.environments.set('careful', environment)
    expect(made.filter(({ status }) => status === 'fulfilled')).toHaveLength(2)
    const refused = made.find((result) => result.status === 'rejected')
    expect(refused?.reason).toEqual(refusal('certificate_limit_reached'))
  })

  test('rejects a pasted private key and stores nothing of it', async () => {
    const { key, csr } = makeKeyAndCsr()
    const draft = await world.createDraft(acme)
    for (const pasted of [key, `${csr}${key}`]) {
      const failed = await world.submit(acme, draft.id, pasted).catch((error) => error)
      expect(failed.code).toBe('csr_is_private_key')
      expect(failed.message).not.toContain(key.split('\n')[1])
    }
    expect((await world.get(acme, draft.id)).status).toBe('draft')
    const { location } = store
    if (location.engine !== 'sqlite') return
    const secret = Buffer.from(key.split('\n').slice(1, -2).join(''), 'base64').subarray(36, 68)
    const own = basename(location.path)
    const files = readdirSync(dirname(location.path)).filter((file) => file.startsWith(own))
    for (const file of files) {
      const bytes = readFileSync(join(dirname(location.path), file))
      expect(bytes.includes(key.split('\n')[1] as string)).toBe(false)
      expect(bytes.includes(secret)).toBe(false)
    }
    expect(files.length).toBeGreaterThan(0)
  })

  test('is listed page by page in every order, exactly once', async () => {
    const many = await world.addOrganization('many')
    for (let made = 0; made < 5; made += 1) await world.createDraft(many)
    await world.issueOne(many)
    for (const sort of ['created', 'name', 'expires', 'lastUsed']) {
      const seen: string[] = []
      let cursor: string | undefined
      do {
        const query = { sort, limit: 2, ...(cursor && { cursor }) }
        const page = await world.call('listCertificates', {
          organization: many,
          environment: 'production',
          query,
        })
        seen.push(...page.items.map(({ name }) => name))
        cursor = page.nextCursor ?? undefined
      } while (cursor)
      expect(new Set(seen).size, sort).toBe(6)
      expect(seen, sort).toHaveLength(6)
    }
  })

  test('shows the calls of the last 24 hours, the latest hour last', async () => {
    const issued = await world.issueOne(acme)
    const hour = Math.floor(world.clock.now() / 3_600_000) * 3_600_000
    const rows = [0, 23, 24].map((back) => ({
      certificate_id: issued.id,
      grain: 'hour',
      start: hour - back * 3_600_000,
      ok: back,
      client_errors: 1,
      refusals: 7,
    }))
    await store.database.queries.insertInto('usage').values(rows).execute()
    expect((await world.get(acme, issued.id)).callsByHour).toEqual([24, ...Array(22).fill(0), 1])
  })

  test('is issued once after a crash, from the stored plan unchanged', async () => {
    const draft = await world.createDraft(acme)
    signerFails = true
    expect((await world.submit(acme, draft.id, makeCsr())).status).toBe('pending')
    signerFails = false
    expect(world.failures.splice(0)).toEqual(['issue-certificate: the process has ended'])
    const { toBeSigned } = await world.certificates.get(acme.id, draft.id)
    expect(toBeSigned).not.toBeNull()
    const cancelled = world.call('cancelCertificate', {
      organization: acme,
      params: { certificateId: draft.id },
    })
    await expect(cancelled).rejects.toEqual(refusal('certificate_wrong_state'))
    world.clock.advance(3_600_000)
    await resumeIssuance(world.issue, world.onFailure)
    const issued = await world.get(acme, draft.id)
    expect(issued.status).toBe('issued')
    expect(issued.issued?.serialNumber).toBe(toBeSigned?.serialNumber)
    expect(Date.parse(issued.notBefore ?? '')).toBeLessThan(world.clock.now() - 3_600_000)
  })

  test('expires after its last second, which is final', async () => {
    const issued = await world.issueOne(acme)
    world.clock.advance(pastValidity)
    expect((await world.get(acme, issued.id)).status).toBe('expired')
    const query = { status: 'expired' }
    const { items } = await world.call('listCertificates', {
      organization: acme,
      environment: 'production',
      query,
    })
    expect(items.map(({ id }) => id)).toContain(issued.id)
    await expect(world.revoke(acme, issued)).rejects.toEqual(refusal('certificate_wrong_state'))
  })
})

const colons = (hex = '') => hex.toUpperCase().match(/../g)?.join(':')
