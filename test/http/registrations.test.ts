import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { toApprovalId } from '../../src/contract/ids.ts'
import type { Sent } from '../../src/contract/operation.ts'
import { operations } from '../../src/contract/operations.ts'
import type { NewRegistration, RegistrationView } from '../../src/contract/registration.ts'
import { stepUpHeader } from '../../src/contract/step-up.ts'
import { type ApiClient, signInFirst, toUrl } from '../support/api.ts'
import {
  type ClientFiles,
  createTestCredential,
  curl,
  fetchToken,
  issueCertificate,
  makeRequest,
  until,
} from '../support/certificates.ts'
import { clientExtensions, createExternalAuthority } from '../support/external-authority.ts'
import { type LocalPostern, openPostern } from '../support/open-postern.ts'
import { built } from '../support/postern.ts'
import { createPostgresDatabase, findFreePort } from '../support/postgres.ts'
import { addOrganization } from '../support/users.ts'

let postern: LocalPostern
let admin: ApiClient
let operator: ApiClient
let other: ApiClient

const day = 86_400_000
const routes = [{ path: '/payments', scope: 'payments' }]
const scopes = [{ name: 'payments' }]

describe.each(['sqlite', 'postgres'])('certificates from external CAs, on %s,', (engine) => {
  const folder = mkdtempSync(join(tmpdir(), 'postern-external-'))
  const authority = createExternalAuthority(folder)
  beforeAll(async () => {
    const isPostgres = engine === 'postgres'
    const url = isPostgres ? await createPostgresDatabase(inject('postgresUrl')) : undefined
    postern = await openPostern({
      hasGateway: true,
      ...(url && { environment: { POSTERN_DATABASE_URL: url } }),
      config: {
        ...(url && { storage: { engine } }),
        environments: {
          production: { port: 1, live: true, externalCertificates: 'pinned', scopes, routes },
          staging: { port: 2 },
          careful: {
            port: await findFreePort(),
            issuance: 'approval',
            externalCertificates: 'trusted-issuers',
          },
        },
      },
    })
    admin = await signInFirst(postern, 'admin@acme.example')
    operator = await signInFirst(postern, 'operator@postern.example')
    other = await addOrganization(postern, { slug: 'other', legalName: "O'Neil & Co / Ltd" })
    authority.makeAuthority('root')
    authority.makeAuthority('issuing', 'root')
    for (const environment of ['production', 'careful'])
      await operator.call(operations.trustIssuer, {
        params: { environment },
        body: { certificate: authority.read('root.pem') },
      })
  }, 120_000)
  afterAll(async () => {
    await postern?.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  const place = (environment = 'production', organization = 'acme') => ({ organization, environment })
  const register = (certificate: string, more: Partial<NewRegistration> = {}, where = place()) =>
    admin.send(operations.registerCertificate, { params: where, body: { certificate, ...more } })
  const registered = async (certificate: string, more = {}, where = place()): Promise<RegistrationView> => {
    const { status, body } = await register(certificate, more, where)
    expect([status, body.detail]).toEqual([201, undefined])
    return body
  }
  const gatewayOf = (environment: string) => postern.gateways[environment]
  const prove = ({ id }: { id: string }, signature: string, client = admin, organization = 'acme') =>
    client.send(operations.proveRegistration, {
      params: { organization, registrationId: id },
      body: { signature },
    })
  const getCertificate = (certificateId: string | null) =>
    admin.call(operations.getCertificate, {
      params: { organization: 'acme', certificateId: certificateId ?? '' },
    })
  const getUsage = (certificateId: string | null) =>
    admin.call(operations.getCertificateUsage, {
      params: { organization: 'acme', certificateId: certificateId ?? '' },
    })
  const whoami = (files: ClientFiles, environment = 'production') =>
    curl(postern, files, `${gatewayOf(environment)}/whoami`)
  const untilWhoami = (files: ClientFiles, expected: number, code = '') =>
    until(
      () => whoami(files),
      ({ status, body }) => status === expected && body.includes(code),
      5,
    )
  const bundle = (name: string) => authority.read(`${name}.pem`) + authority.read('issuing.pem')

  describe('a certificate issued by a trusted external CA', () => {
    test('is valid for calls, tokens and telemetry after its key signs the challenge file, until it is revoked', async () => {
      const files = authority.makeClient('signed', { by: 'issuing' })
      const before = await whoami(files)
      expect([before.status, JSON.parse(before.body).code]).toEqual([403, 'certificate_chain_incomplete'])
      const registration = await registered(bundle('signed'), { description: 'of our own CA' })
      expect(registration).toMatchObject({ status: 'pending', source: 'trusted_issuer', certificateId: null })
      expect(registration.subject).toContain('Łódź Płatności S.A.')
      expect((await whoami(files)).status).toBe(403)

      const key = await prove(registration, authority.read(files.keyFile))
      expect([key.status, key.body.code]).toEqual([400, 'certificate_is_private_key'])
      const { status, body } = await prove(registration, authority.sign(registration.challenge, files))
      expect([status, body.status]).toEqual([200, 'registered'])
      const certificate = await getCertificate(body.certificateId)
      expect(certificate).toMatchObject({ status: 'issued', source: 'trusted_issuer', request: null })
      expect(certificate.issued?.chain.map(({ subject }) => subject)).toEqual([
        expect.stringContaining('issuing'),
        expect.stringContaining('root'),
      ])
      await untilWhoami(files, 200)
      const token = await fetchToken(postern, files, await createTestCredential(admin, 'acme'))
      const options = ['--header', `authorization: Bearer ${token}`]
      const call = () => curl(postern, files, `${postern.gateways.production}/payments`, options)
      expect((await call()).status).toBe(200)
      await until(
        () => getUsage(body.certificateId),
        ({ lastUsedAt, buckets }) => lastUsedAt !== null && buckets.some(({ succeeded }) => succeeded > 0),
        5,
      )

      const twice = await prove(registration, authority.sign(registration.challenge, files))
      expect([twice.status, twice.body.code]).toEqual([409, 'registration_wrong_state'])
      await admin.call(operations.revokeCertificate, {
        params: { organization: 'acme', certificateId: body.certificateId ?? '' },
        body: { reason: 'superseded', name: certificate.name },
      })
      await untilWhoami(files, 403, 'certificate_revoked')
      expect(JSON.parse((await call()).body).code).toBe('certificate_revoked')
      const again = await registered(bundle('signed'))
      const late = await prove(again, authority.sign(again.challenge, files))
      expect([late.status, late.body.code]).toEqual([409, 'key_revoked'])
    })

    test('is valid after it is used for proof of possession over mTLS', async () => {
      const files = authority.makeClient('called', { by: 'issuing', key: 'rsa' })
      const registration = await registered(bundle('called'))
      writeFileSync(join(folder, 'proof.txt'), registration.challenge)
      const send = (who: ClientFiles, environment = 'production') =>
        curl(postern, who, `${gatewayOf(environment)}/registrations`, ['--data-binary', '@proof.txt'])
      const stranger = authority.makeClient('stranger', { by: 'issuing' })
      const refused = await send(stranger)
      expect([refused.status, JSON.parse(refused.body).code]).toEqual([400, 'proof_invalid'])
      expect(JSON.parse((await send(files, 'careful')).body).code).toBe('proof_invalid')
      // An environment without external CAs has no such endpoint: the certificate is denied as everywhere
      // else.
      expect(JSON.parse((await send(files, 'staging')).body).code).toMatch(/^certificate_/)
      const get = () =>
        admin.call(operations.getRegistration, {
          params: { organization: 'acme', registrationId: registration.id },
        })
      expect((await get()).status).toBe('pending')

      const otherChallenge = registration.challenge.replace(/(?<=challenge: )./, (a) =>
        a === 'A' ? 'B' : 'A',
      )
      writeFileSync(join(folder, 'proof.txt'), otherChallenge)
      expect((await send(files)).status).toBe(202)
      await wait(1500)
      expect((await get()).status).toBe('pending')
      writeFileSync(join(folder, 'proof.txt'), registration.challenge)
      const sent = await send(files)
      expect(sent.status).toBe(202)
      const { value } = await until(get, ({ status }) => status === 'registered', 5)
      expect((await getCertificate(value.certificateId)).external?.proof).toMatchObject({
        method: 'handshake',
        signature: null,
        clientAddress: '127.0.0.1',
      })
      await untilWhoami(files, 200)
    })

    test('waits for approval by an operator if the environment requires it', async () => {
      const files = authority.makeClient('approved', { by: 'issuing', key: 'ed25519' })
      const registration = await registered(bundle('approved'), {}, place('careful'))
      const signature = authority.sign(registration.challenge, files, '-rawin')
      const { body } = await prove(registration, signature)
      const certificateId = body.certificateId ?? ''
      expect((await getCertificate(certificateId)).status).toBe('pending')
      const { items } = await operator.call(operations.listApprovals)
      expect(items.map(({ certificate }) => certificate.id)).toContain(certificateId)
      expect((await whoami(files, 'careful')).status).toBe(403)
      await operator.call(operations.decideApproval, {
        params: { approvalId: toApprovalId(certificateId) },
        body: { decision: 'approve' },
      })
      expect((await getCertificate(certificateId)).status).toBe('issued')
      await until(
        () => whoami(files, 'careful'),
        ({ status }) => status === 200,
        5,
      )
      expect(JSON.parse((await whoami(files)).body).code).toBe('certificate_wrong_environment')
    })

    test('can be registered again after an operator rejects it', async () => {
      const files = authority.makeClient('rejected', { by: 'issuing' })
      const attempt = async () => {
        const registration = await registered(bundle('rejected'), {}, place('careful'))
        return (await prove(registration, authority.sign(registration.challenge, files))).body
      }
      const { certificateId } = await attempt()
      await operator.call(operations.decideApproval, {
        params: { approvalId: toApprovalId(certificateId ?? '') },
        body: { decision: 'reject', reason: 'not this one' },
      })
      expect((await getCertificate(certificateId)).status).toBe('rejected')
      const { status, certificateId: second } = await attempt()
      expect([status, second === certificateId]).toEqual(['registered', false])
    })

    /** Retires an issuer in a second, counted from when the operator has proven who it is, which takes its time. */
    const retireSoon = async (issuerId: string, how: { expectedCount: number }): Promise<number> => {
      const { token } = await operator.call(operations.proveStepUp, {
        body: {
          ...{ operationId: 'retireCertificateAuthority', pathParameters: { issuerId } },
          proof: { method: 'password', password: operator.password ?? '' },
        },
      })
      const retiresAt = Date.now() + 1000
      const answer = await operator.send(operations.retireCertificateAuthority, {
        params: { issuerId },
        body: { retiresAt: new Date(retiresAt).toISOString(), ...how },
        headers: { [stepUpHeader]: token },
      })
      expect(answer.status).toBe(200)
      return retiresAt
    }

    test('is denied after its issuer is retired', async () => {
      authority.makeAuthority('leaving')
      const leaving = await operator.call(operations.trustIssuer, {
        params: { environment: 'production' },
        body: { certificate: authority.read('leaving.pem') },
      })
      expect(leaving).toMatchObject({
        kind: 'external',
        environment: 'production',
        keyLocation: null,
      })
      const of = authority.makeClient('of-leaving', { by: 'leaving' })
      const registration = await registered(of.pem)
      await prove(registration, authority.sign(registration.challenge, of))
      await untilWhoami(of, 200)
      const retiresAt = new Date(Date.now() + day).toISOString()
      const asked = { params: { issuerId: leaving.id }, body: { retiresAt, dryRun: true } } as const
      const told = await operator.call(operations.retireCertificateAuthority, asked)
      expect(told.affectedCertificates).toBe(1)
      await retireSoon(leaving.id, { expectedCount: 1 })
      await untilWhoami(of, 403, 'certificate_issuer_retired')
    })

    test('cannot be registered after its issuer is retired', async () => {
      authority.makeAuthority('gone')
      const gone = await operator.call(operations.trustIssuer, {
        params: { environment: 'careful' },
        body: { certificate: authority.read('gone.pem') },
      })
      const client = authority.makeClient('in-time', { by: 'gone' })
      const registration = await registered(client.pem, {}, place('careful'))
      const retiresAt = await retireSoon(gone.id, { expectedCount: 0 })
      await wait(retiresAt + 200 - Date.now())
      const late = authority.makeClient('too-late', { by: 'gone' })
      expect((await register(late.pem, {}, place('careful'))).body.code).toBe('certificate_untrusted')
      // A registration that started in time is checked again with its proof.
      expect((await prove(registration, authority.sign(registration.challenge, client))).body.code).toBe(
        'certificate_untrusted',
      )
    })
  })

  test('a pinned certificate is accepted, but not another one with the same name and issuer', async () => {
    const files = authority.makeClient('pinned')
    const registration = await registered(files.pem)
    expect(registration.source).toBe('pinned')
    const windows = registration.challenge.replaceAll('\n', '\r\n')
    const { body } = await prove(registration, authority.sign(windows, files, '-sha384'))
    expect(body.status).toBe('registered')
    await untilWhoami(files, 200)
    const evil = createExternalAuthority(mkdtempSync(join(folder, 'evil-'))).makeClient('pinned')
    expect(JSON.parse((await whoami(evil)).body).code).toBe('certificate_issuer_unknown')
  })

  test('a registration without the private key does not block the registration of the key holder', async () => {
    const files = authority.makeClient('owned', { by: 'issuing' })
    const squatter = await other.call(operations.registerCertificate, {
      params: place('production', 'other'),
      body: { certificate: bundle('owned') },
    })
    const wrong = authority.makeClient('wrong-key')
    const forged = await prove(squatter, authority.sign(squatter.challenge, wrong), other, 'other')
    expect([forged.status, forged.body.code]).toEqual([400, 'proof_invalid'])
    const mine = await registered(bundle('owned'))
    // The signature for one organization is not valid for another.
    const stolen = await prove(squatter, authority.sign(mine.challenge, files), other, 'other')
    expect(stolen.body.code).toBe('proof_invalid')
    const [first, second] = await Promise.all(
      [1, 2].map(() => prove(mine, authority.sign(mine.challenge, files))),
    )
    expect([first?.status, second?.status].toSorted()).toEqual([200, 409])
    expect((await prove(squatter, authority.sign(squatter.challenge, files), other, 'other')).body.code).toBe(
      'key_already_used',
    )
    const hidden = await other.send(operations.getRegistration, {
      params: { organization: 'other', registrationId: mine.id },
    })
    expect(hidden.status).toBe(404)
  })

  const bad: [what: string, make: () => string, code: string][] = [
    ['the certificate of a CA', () => authority.read('root.pem'), 'certificate_unsuitable'],
    [
      'a server certificate',
      () =>
        authority.makeClient('server', {
          extensions: clientExtensions.replace('clientAuth', 'serverAuth'),
          by: 'root',
        }).pem,
      'certificate_unsuitable',
    ],
    [
      'two client certificates',
      () => authority.makeClient('a').pem + authority.makeClient('b').pem,
      'certificate_unsuitable',
    ],
    [
      'a certificate with its key',
      () => authority.makeClient('k').pem + authority.read('k.key'),
      'certificate_is_private_key',
    ],
    ['a CSR', () => makeRequest(folder, 'no-certificate'), 'certificate_unreadable'],
    ['nothing', () => ' ', 'certificate_unreadable'],
    ['text', () => 'this is no certificate', 'certificate_unreadable'],
    [
      'more certificates than any chain has',
      () => authority.read('root.pem').repeat(11),
      'certificate_unreadable',
    ],
    ['more than the size limit', () => `${authority.read('root.pem')}${' '.repeat(120_000)}`, 'bad_request'],
    [
      'a key without PEM headers',
      () => authority.read('k.key').split('\n').slice(1, -2).join(''),
      'certificate_is_private_key',
    ],
  ]
  test.each(bad)('%s is rejected with its own code, and nothing is stored', async (_, make, code) => {
    const count = async () =>
      (await admin.call(operations.listRegistrations, { params: place() })).items.length
    const before = await count()
    const { body } = await register(make())
    expect(body.code).toBe(code)
    expect(await count()).toBe(before)
  })

  test('disabled registration stays disabled, and an untrusted certificate gets the reason', async () => {
    const pem = authority.makeClient('anywhere').pem
    expect((await register(pem, {}, place('staging'))).body.code).toBe('external_certificates_off')
    expect((await register(pem, {}, place('careful'))).body.code).toBe('certificate_untrusted')
    const trust = (environment: string, certificate: string) =>
      operator.send(operations.trustIssuer, { params: { environment }, body: { certificate } })
    const { password } = operator
    operator.password = undefined
    expect((await trust('production', pem)).body.code).toBe('step_up_required')
    operator.password = password
    expect((await trust('staging', authority.read('root.pem'))).body.code).toBe('external_certificates_off')
    expect((await trust('production', pem)).body.code).toBe('external_issuer_unsuitable')
    expect((await trust('production', authority.read('root.pem'))).body.code).toBe('conflict')
    const { items } = await operator.call(operations.listCertificateAuthorities)
    const own = items.find(({ kind, environment }) => kind === 'issuing' && environment === 'careful')
    expect((await trust('production', own?.pem ?? '')).body.code).toBe('conflict')
    // A certificate that Postern issued cannot also be registered as an external one.
    const issued = (await issueCertificate(admin, 'acme', 'staging')).certificate
    const { body } = await register(issued.issued?.pem ?? '')
    expect(body.source).toBe('pinned')
  })

  test('a registered certificate has downloads, evidence and a replacement like every other', async () => {
    const files = authority.makeClient('whole', { by: 'issuing' })
    const registration = await registered(bundle('whole'))
    const inLines = authority.sign(registration.challenge, files).replace(/.{64}/, '$&\n')
    const { body } = await prove(registration, `${inLines}\n`)
    const certificateId = body.certificateId ?? ''
    const params = { organization: 'acme', certificateId }
    const download = async (url: string) =>
      new Uint8Array(await (await postern.fetch(url, { headers: { cookie: admin.cookie() } })).arrayBuffer())
    const fullchain = await download(
      toUrl(postern.portalUrl, operations.downloadCertificate, { params: { ...params, form: 'fullchain' } }),
    )
    expect(Buffer.from(fullchain).toString()).toBe(bundle('whole'))
    writeFileSync(
      join(folder, 'pack.zip'),
      await download(toUrl(postern.portalUrl, operations.downloadEvidence, { params })),
    )
    const { stdout, status } = spawnSync(process.execPath, [built, 'audit', 'verify-pack', 'pack.zip'], {
      cwd: folder,
      encoding: 'utf8',
    })
    expect(stdout).toContain('yes  The key of the certificate has been proven.')
    expect([stdout.match(/^NO/m), status]).toEqual([null, 0])

    const next = authority.makeClient('next', { by: 'issuing' })
    const successor = await registered(bundle('next'), { replaces: certificateId })
    await prove(successor, authority.sign(successor.challenge, next))
    const { replacedBy, name } = await getCertificate(certificateId)
    expect(replacedBy?.status).toBe('issued')
    const { items } = await admin.call(operations.listCertificateHistory, { params })
    expect(items.map(({ type }) => type)).toEqual(
      expect.arrayContaining(['certificate.created', 'certificate.registered', 'certificate.issued']),
    )
    expect(name).toMatch(/^acme-\d{4}$/)
  })

  test('what a QWAC says of itself is shown with its registration and as its certificate', async () => {
    const statements = [
      '1.3.6.1.5.5.7.1.3=ASN1:SEQUENCE:statements',
      ...['[statements]', 'one=SEQUENCE:compliance', 'two=SEQUENCE:psd2'],
      ...['[compliance]', 'id=OID:0.4.0.1862.1.1', '[psd2]', 'id=OID:0.4.0.19495.2', 'info=SEQUENCE:info'],
      ...['[info]', 'roles=SEQUENCE:roles', 'name=UTF8:FCA of the UK', 'id=UTF8:GB-FCA'],
      ...['[roles]', 'one=SEQUENCE:role', '[role]', 'id=OID:0.4.0.19495.1.2', 'name=UTF8:PSP_PI'],
    ]
    const extensions = [clientExtensions, ...statements].join('\n')
    const files = authority.makeClient('qwac', { by: 'issuing', extensions })
    const registration = await registered(bundle('qwac'))
    const qualified = {
      ...{ readable: true, qualified: true, types: [], organizationIdentifier: null },
      ...{ roles: ['PSP_PI'], authorityName: 'FCA of the UK', authorityId: 'GB-FCA' },
    }
    expect(registration.qualified).toEqual(qualified)
    const { body } = await prove(registration, authority.sign(registration.challenge, files))
    expect((await getCertificate(body.certificateId)).external?.qualified).toEqual(qualified)
  })

  test('a certificate for TLS servers alone needs an exception, and a plan ends it and new registrations', async () => {
    const where = { organization: 'other', environment: 'production' }
    const extensions = clientExtensions.replace('clientAuth', 'serverAuth')
    const files = authority.makeClient('servers', { by: 'issuing', extensions })
    const send = () =>
      other.send(operations.registerCertificate, { params: where, body: { certificate: bundle('servers') } })
    const set = (body: Sent<typeof operations.setMigration>['body']) =>
      operator.call(operations.setMigration, { params: where, body })
    const without = await send()
    expect([without.status, without.body.code]).toEqual([400, 'certificate_unsuitable'])
    const exceptionUntil = new Date(Date.now() + day).toISOString()
    expect(await set({ exceptionUntil })).toMatchObject({ state: 'accepted', exceptionUntil })
    const { status, body } = await send()
    expect([status, body.detail]).toEqual([201, undefined])
    expect((await prove(body, authority.sign(body.challenge, files), other, 'other')).status).toBe(200)
    await untilWhoami(files, 200)
    const impact = () => other.call(operations.getMigrationImpact, { params: where })
    const { value } = await until(impact, ({ exceptionCalls }) => exceptionCalls > 0, 5)
    expect(value).toMatchObject({ certificates: 1, exceptionCertificates: 1, issuers: [{ certificates: 1 }] })
    expect(value.issuers[0]).toMatchObject({ purpose: 'server_auth', lastRenewal: null })
    expect(value.nextCertificate?.name).toMatch(/^other-\d+$/)
    const { items } = await operator.call(operations.listMigrations, { query: { only: 'remaining' } })
    const listed = items.find(({ organization }) => organization.slug === 'other')
    expect(listed).toMatchObject({ environment: 'production', exceptionCertificates: 1 })

    await set({ exceptionUntil: null })
    await untilWhoami(files, 403, 'certificate_wrong_purpose')
    const deadline = new Date(Date.now() + 1000).toISOString()
    const early = await operator.send(operations.setMigration, { params: where, body: { deadline } })
    expect([early.status, early.body.code]).toEqual([400, 'bad_request'])
    const { recentExternalCalls: acceptDenied } = await impact()
    await set({ deadline, exceptionUntil, acceptDenied })
    await untilWhoami(files, 403, 'external_certificate_ended')
    const late = await send()
    expect([late.status, late.body.code]).toEqual([409, 'external_certificates_off'])
    expect((await other.call(operations.getMigration, { params: where })).state).toBe('ended')
    const foreign = await other.send(operations.getMigration, { params: { ...where, organization: 'acme' } })
    expect(foreign.status).toBe(404)
  })

  test('a pending registration can be canceled and then accepts no proof', async () => {
    const files = authority.makeClient('given-up', { by: 'issuing' })
    const registration = await registered(bundle('given-up'))
    const params = { organization: 'acme', registrationId: registration.id }
    expect((await admin.send(operations.cancelRegistration, { params })).status).toBe(204)
    expect((await prove(registration, authority.sign(registration.challenge, files))).status).toBe(404)
  })
})
