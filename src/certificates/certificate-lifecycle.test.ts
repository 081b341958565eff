import { readdirSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import {
  type CertificateHarness,
  createCertificateHarness,
  makeCsr,
  makeKeyAndCsr,
  pastValidity,
} from '../../test/support/certificate-harness.ts'
import { describeOnBothEngines } from '../../test/support/databases.ts'
import { toApprovalId } from '../contract/ids.ts'
import type { Organization } from '../shapes/organization.ts'
import { issueCertificate } from './issuance/issue-certificate.ts'
import { resumeIssuance } from './issuance/resume-issuance.ts'

const rejection = (code: string) => expect.objectContaining({ code })

describeOnBothEngines('a certificate', (store) => {
  let harness: CertificateHarness
  let acme: Organization
  let globex: Organization
  let signerFails = false
  beforeAll(async () => {
    harness = await createCertificateHarness(store.database, {
      replaceSigner: (real) => ({
        ...real,
        async signCertificate(certificate) {
          if (signerFails) throw new Error('the process has ended')
          return real.signCertificate(certificate)
        },
      }),
    })
    acme = await harness.addOrganization('acme', 'Łódź Płatności S.A.')
    globex = await harness.addOrganization('globex')
  })

  test('gets distinct numbers when twenty are created concurrently', async () => {
    const other = await harness.addOrganization('twenty')
    const drafts = await Promise.all(Array.from({ length: 20 }, () => harness.createDraft(other)))
    const expected = Array.from({ length: 20 }, (_, i) => `twenty-${String(i + 1).padStart(4, '0')}`)
    expect(drafts.map(({ name }) => name).sort()).toEqual(expected)
  })

  test('is issued immediately in production, with Postern’s subject and not the request’s', async () => {
    const draft = await harness.createDraft(acme, 'production', { contacts: ['team@acme.example'] })
    const view = await harness.submit(acme, draft.id, makeCsr('/C=FR/O=Somebody Else/CN=other'))
    expect(view.status).toBe('issued')
    expect(view.issued?.subject).toBe(`CN=${draft.name},O=Łódź Płatności S.A.,ST=Kent,C=GB`)
    expect(view.issued?.uri).toBe(`urn:postern:production:acme:${draft.name}`)
    expect(view.request?.differences).toContainEqual({
      field: 'Organization (O)',
      requested: 'Somebody Else',
      certified: 'Łódź Płatności S.A.',
    })
    expect(view.issued?.chain).toHaveLength(2)
    expect(view.request).toMatchObject({
      submittedBy: { label: 'dev@acme.example' },
      submittedFrom: '192.0.2.7',
    })
  })

  test('carries the organization’s registered name, whatever name the draft was given for its command', async () => {
    const subject = { organizationName: 'Somebody Else Ltd', country: 'FR', state: '' }
    const draft = await harness.createDraft(acme, 'production', { subject })
    expect(draft).toMatchObject({ subject, certifiedSubject: { organizationName: 'Łódź Płatności S.A.' } })
    const view = await harness.submit(acme, draft.id, makeCsr('/C=FR/O=Somebody Else Ltd/CN=x'))
    expect(view.issued?.subject).toBe(`CN=${draft.name},O=Łódź Płatności S.A.,ST=Kent,C=GB`)
    expect(view.request?.differences.map(({ field }) => field)).toContain('Organization (O)')
  })

  test('writes change, audit row and one email per recipient when it is issued', async () => {
    const draft = await harness.createDraft(acme, 'production', {
      contacts: ['team@acme.example', 'DEV@acme.example'],
    })
    await harness.submit(acme, draft.id, makeCsr())
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
    const history = await harness.call('listCertificateHistory', {
      organization: acme,
      params: { certificateId: draft.id },
    })
    expect(history.items.map(({ type }) => type)).toEqual([
      'certificate.issued',
      'certificate.prepared',
      'certificate.submitted',
      'certificate.created',
    ])
    const jobs = await queries.selectFrom('jobs').selectAll().where('key', '=', draft.id).execute()
    expect(jobs).toEqual([])
  })

  test('is issued by the worker in staging, once however often the worker runs', async () => {
    const draft = await harness.createDraft(acme, 'staging')
    expect((await harness.submit(acme, draft.id, makeCsr())).status).toBe('pending')
    await Promise.all([issueCertificate(harness.issue, draft.id), issueCertificate(harness.issue, draft.id)])
    const first = await harness.get(acme, draft.id)
    expect(first.status).toBe('issued')
    await issueCertificate(harness.issue, draft.id)
    expect((await harness.get(acme, draft.id)).issued?.fingerprintSha256).toBe(
      first.issued?.fingerprintSha256,
    )
  })

  test('waits for an approval only where the environment requires one', async () => {
    const approved = await harness.createDraft(acme, 'careful')
    const rejected = await harness.createDraft(globex, 'careful')
    const csr = makeCsr()
    await harness.submit(acme, approved.id, makeCsr())
    harness.clock.advance(1)
    await harness.submit(globex, rejected.id, csr)
    await issueCertificate(harness.issue, approved.id)
    expect((await harness.get(acme, approved.id)).status).toBe('pending')
    const { items } = await harness.call('listApprovals', {})
    expect(items.map((item) => [item.certificate.id, item.organization.slug])).toEqual([
      [approved.id, 'acme'],
      [rejected.id, 'globex'],
    ])
    const about = (certificateId: string) => ({ params: { approvalId: toApprovalId(certificateId) } })
    expect(items.map(({ id }) => id)).toEqual([toApprovalId(approved.id), toApprovalId(rejected.id)])
    expect(await harness.call('getApproval', about(approved.id))).toEqual(items[0])
    const decide = (certificateId: string, body: object) =>
      harness.call('decideApproval', { ...about(certificateId), body })
    const allowed = await decide(approved.id, { decision: 'approve' })
    expect([allowed.status, allowed.certificate.status]).toEqual(['approved', 'issued'])
    const denied = await decide(rejected.id, { decision: 'reject', reason: 'unknown company' })
    expect([denied.status, denied.certificate.status]).toEqual(['rejected', 'rejected'])
    expect(denied.certificate.decision?.reason).toBe('unknown company')
    expect(await harness.call('getApproval', about(rejected.id))).toEqual(denied)
    await expect(decide(rejected.id, { decision: 'approve' })).rejects.toEqual(
      rejection('certificate_wrong_state'),
    )
    expect((await harness.call('listApprovals', {})).items).toEqual([])
    // The request was rejected, so its key is free again.
    const again = await harness.createDraft(globex)
    expect((await harness.submit(globex, again.id, csr)).status).toBe('issued')
    // A certificate that no operator decides about has no approval.
    for (const input of [about(again.id), { ...about(again.id), body: { decision: 'approve' } }])
      await expect(harness.call('body' in input ? 'decideApproval' : 'getApproval', input)).rejects.toEqual(
        rejection('not_found'),
      )
  })

  test('does not exist for another organization', async () => {
    const own = await harness.issueOne(acme)
    const input = { organization: globex, params: { certificateId: own.id, form: 'pem' } }
    const bodies = {
      revokeCertificate: { reason: 'superseded', name: own.name },
      submitCsr: { csr: 'x' },
    }
    const ids = [
      'getCertificate',
      'updateCertificate',
      'submitCsr',
      'downloadCertificate',
      'cancelCertificate',
      'revokeCertificate',
      'rotateCertificate',
      'listCertificateHistory',
    ] as const
    for (const id of ids) {
      const body = (bodies as Record<string, object>)[id] ?? {}
      await expect(harness.call(id, { ...input, body }), id).rejects.toEqual(rejection('not_found'))
    }
    const listed = await harness.call('listCertificates', { organization: globex, environment: 'production' })
    expect(listed.items.map(({ id }) => id)).not.toContain(own.id)
    expect((await harness.get(acme, own.id)).status).toBe('issued')
  })

  test('accepts one of two requests that are submitted concurrently', async () => {
    const draft = await harness.createDraft(acme)
    const results = await Promise.allSettled([
      harness.submit(acme, draft.id, makeCsr()),
      harness.submit(acme, draft.id, makeCsr()),
    ])
    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
    const failed = results.find((result) => result.status === 'rejected')
    expect(failed?.reason).toEqual(rejection('certificate_wrong_state'))
  })

  test('rejects a key that is used anywhere, also when two arrive concurrently, and does not say by whom', async () => {
    const csr = makeCsr()
    const [one, two] = [await harness.createDraft(acme), await harness.createDraft(globex, 'staging')]
    const results = await Promise.allSettled([
      harness.submit(acme, one.id, csr),
      harness.submit(globex, two.id, csr),
    ])
    const failed = results.find((result) => result.status === 'rejected')
    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
    expect(failed?.reason).toEqual(rejection('key_already_used'))
    expect(failed?.reason.message).not.toMatch(/acme|globex/)
  })

  test('rejects the key of a revoked certificate permanently', async () => {
    const csr = makeCsr()
    const draft = await harness.createDraft(acme)
    await harness.revoke(acme, await harness.submit(acme, draft.id, csr))
    const next = await harness.createDraft(globex)
    await expect(harness.submit(globex, next.id, csr)).rejects.toEqual(rejection('key_revoked'))
    expect((await harness.get(globex, next.id)).status).toBe('draft')
  })

  test('is revoked once when two users revoke it concurrently, and never again', async () => {
    const issued = await harness.issueOne(acme)
    const results = await Promise.allSettled([harness.revoke(acme, issued), harness.revoke(acme, issued)])
    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
    await expect(harness.revoke(acme, issued)).rejects.toEqual(rejection('certificate_wrong_state'))
    const view = await harness.get(acme, issued.id)
    expect(view.revocation).toMatchObject({
      reason: 'superseded',
      by: { kind: 'person', id: 'usr_1', label: 'dev@acme.example' },
    })
    expect(harness.failures).toEqual([])
  })

  test('is not revoked when a different name is typed', async () => {
    const issued = await harness.issueOne(acme)
    await expect(harness.revoke(acme, { ...issued, name: 'acme-9999' })).rejects.toEqual(
      rejection('name_does_not_match'),
    )
    expect((await harness.get(acme, issued.id)).status).toBe('issued')
  })

  test('gets one open replacement with the same details and another key', async () => {
    const old = await harness.issueOne(acme, { description: 'payouts', owner: 'Team Red' })
    const rotate = () =>
      harness.call('rotateCertificate', { organization: acme, params: { certificateId: old.id } })
    const results = await Promise.allSettled([rotate(), rotate()])
    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
    const before = await harness.get(acme, old.id)
    const successor = await harness.get(acme, before.replacedBy?.id ?? '')
    expect(successor).toMatchObject({ status: 'draft', description: 'payouts', owner: 'Team Red' })
    expect(successor.replaces).toEqual({ id: old.id, name: old.name, status: 'issued' })
    await harness.submit(acme, successor.id, makeCsr())
    expect((await harness.get(acme, old.id)).status).toBe('issued')
    await expect(rotate()).rejects.toEqual(rejection('certificate_wrong_state'))
  })

  test('can be cancelled until it is planned', async () => {
    const cancel = (certificateId: string) =>
      harness.call('cancelCertificate', { organization: acme, params: { certificateId } })
    const draft = await harness.createDraft(acme)
    expect((await cancel(draft.id)).status).toBe('cancelled')
    await expect(cancel(draft.id)).rejects.toEqual(rejection('certificate_wrong_state'))
    await expect(cancel((await harness.issueOne(acme)).id)).rejects.toEqual(
      rejection('certificate_wrong_state'),
    )
  })

  test('allows its subject to be changed only while it is a draft, its description always', async () => {
    const update = (certificateId: string, body: object) =>
      harness.call('updateCertificate', { organization: acme, params: { certificateId }, body })
    const subject = { organizationName: 'Acme Payments', country: 'pl', state: '' }
    const draft = await harness.createDraft(acme)
    expect((await update(draft.id, { subject })).subject).toEqual({ ...subject, country: 'PL' })
    await expect(update(draft.id, { subject: { ...subject, country: 'XX' } })).rejects.toEqual(
      rejection('subject_invalid'),
    )
    await expect(update(draft.id, { keyKind: 'ec_p521' })).rejects.toEqual(rejection('key_not_allowed'))
    const issued = await harness.issueOne(acme)
    await expect(update(issued.id, { subject })).rejects.toEqual(rejection('certificate_wrong_state'))
    expect((await update(issued.id, { description: 'Naïve Ünit' })).description).toBe('Naïve Ünit')
    for (const text of [
      'naïve ünit',
      issued.issued?.serialNumber,
      colons(issued.issued?.fingerprintSha256),
    ]) {
      const query = { text }
      const found = await harness.call('listCertificates', {
        organization: acme,
        environment: 'production',
        query,
      })
      expect(found.items.map(({ id }) => id)).toEqual([issued.id])
    }
  })

  test('is not requested beyond the limit of an organization, for which drafts do not count', async () => {
    const few = await harness.addOrganization('few')
    const environment = harness.environments.get('careful')
    if (environment === undefined) throw new Error('no environment')
    harness.environments.set('careful', { ...environment, maxCertificates: 2, certificatesPerHour: 1000 })
    const drafts = await Promise.all(Array.from({ length: 5 }, () => harness.createDraft(few, 'careful')))
    const csrs = drafts.map(() => makeCsr())
    const made = await Promise.allSettled(
      drafts.map(({ id }, index) => harness.submit(few, id, csrs[index] ?? '')),
    )
    const whole = await harness
      .createDraft(few, 'careful', { csr: makeCsr() })
      .catch((error: unknown) => error)
    const further = await harness.createDraft(few, 'careful')
    harness.environments.set('careful', environment)
    expect(made.filter(({ status }) => status === 'fulfilled')).toHaveLength(2)
    for (const result of made)
      if (result.status === 'rejected') expect(result.reason).toEqual(rejection('certificate_limit_reached'))
    expect(whole).toEqual(rejection('certificate_limit_reached'))
    expect(further.status).toBe('draft')
  })

  test('is a draft at most a hundred times in an organization, whose other drafts stay', async () => {
    const many = await harness.addOrganization('many-drafts')
    const environment = harness.environments.get('careful')
    if (environment === undefined) throw new Error('no environment')
    harness.environments.set('careful', { ...environment, maxCertificates: 1, certificatesPerHour: 1000 })
    const made = await Promise.allSettled(
      Array.from({ length: 102 }, () => harness.createDraft(many, 'careful')),
    )
    const elsewhere = await harness.createDraft(acme, 'careful')
    harness.environments.set('careful', environment)
    expect(made.filter(({ status }) => status === 'fulfilled')).toHaveLength(100)
    expect(made.find((result) => result.status === 'rejected')?.reason).toEqual(
      rejection('certificate_limit_reached'),
    )
    expect(elsewhere.status).toBe('draft')
  })

  test('rejects a pasted private key and stores nothing of it', async () => {
    const { key, csr } = makeKeyAndCsr()
    const draft = await harness.createDraft(acme)
    for (const pasted of [key, `${csr}${key}`]) {
      const failed = await harness.submit(acme, draft.id, pasted).catch((error) => error)
      expect(failed.code).toBe('csr_is_private_key')
      expect(failed.message).not.toContain(key.split('\n')[1])
    }
    expect((await harness.get(acme, draft.id)).status).toBe('draft')
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
    const many = await harness.addOrganization('many')
    for (let made = 0; made < 5; made += 1) await harness.createDraft(many)
    await harness.issueOne(many)
    for (const sort of ['created', 'name', 'expires', 'last_used']) {
      const seen: string[] = []
      let cursor: string | undefined
      do {
        const query = { sort, limit: 2, ...(cursor && { cursor }) }
        const page = await harness.call('listCertificates', {
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
    const issued = await harness.issueOne(acme)
    const hour = Math.floor(harness.clock.now() / 3_600_000) * 3_600_000
    const rows = [0, 23, 24].map((back) => ({
      certificate_id: issued.id,
      grain: 'hour',
      start: hour - back * 3_600_000,
      ok: back,
      client_errors: 1,
      refusals: 7,
    }))
    await store.database.queries.insertInto('usage').values(rows).execute()
    const { items } = await harness.call('listCertificateUse', {
      organization: acme,
      environment: 'production',
    })
    const used = items.find(({ certificateId }) => certificateId === issued.id)
    expect(used?.callsByHour).toEqual([24, ...Array(22).fill(0), 1])
  })

  test('is issued once after a crash, from the stored plan unchanged', async () => {
    const draft = await harness.createDraft(acme)
    signerFails = true
    expect((await harness.submit(acme, draft.id, makeCsr())).status).toBe('pending')
    signerFails = false
    expect(harness.failures.splice(0)).toEqual(['issue-certificate: the process has ended'])
    const { toBeSigned } = await harness.certificates.get(acme.id, draft.id)
    expect(toBeSigned).not.toBeNull()
    const cancelled = harness.call('cancelCertificate', {
      organization: acme,
      params: { certificateId: draft.id },
    })
    await expect(cancelled).rejects.toEqual(rejection('certificate_wrong_state'))
    harness.clock.advance(3_600_000)
    await resumeIssuance(harness.issue, harness.onFailure)
    const issued = await harness.get(acme, draft.id)
    expect(issued.status).toBe('issued')
    expect(issued.issued?.serialNumber).toBe(toBeSigned?.serialNumber)
    expect(Date.parse(issued.notBefore ?? '')).toBeLessThan(harness.clock.now() - 3_600_000)
  })

  test('expires after its last second, which is final', async () => {
    const issued = await harness.issueOne(acme)
    harness.clock.advance(pastValidity)
    expect((await harness.get(acme, issued.id)).status).toBe('expired')
    const query = { status: 'expired' }
    const { items } = await harness.call('listCertificates', {
      organization: acme,
      environment: 'production',
      query,
    })
    expect(items.map(({ id }) => id)).toContain(issued.id)
    await expect(harness.revoke(acme, issued)).rejects.toEqual(rejection('certificate_wrong_state'))
  })
})

const colons = (hex = '') => hex.toUpperCase().match(/../g)?.join(':')
