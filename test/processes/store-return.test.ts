import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, inject, onTestFinished, test } from 'vitest'
import { operations } from '../../src/contract/operations.ts'
import { type ApiClient, createApiClient, signInFirst } from '../support/api.ts'
import { issueCertificate } from '../support/certificates.ts'
import { createGatewayClient, readIdentity } from '../support/gateway-client.ts'
import { preparePostern } from '../support/postern.ts'
import { createPostgresDatabase } from '../support/postgres.ts'
import { readRevokedSerials } from '../support/revoked-serials.ts'
import { takeBackup } from '../support/store-backup.ts'

const password = 'a long test password'
const patience = { timeout: 90_000, interval: 200 }

type Issued = Awaited<ReturnType<typeof issueCertificate>>

const revoke = (admin: ApiClient, { certificate: { id, name } }: Issued) =>
  admin.call(operations.revokeCertificate, {
    params: { organization: 'acme', certificateId: id },
    body: { reason: 'key_compromise', name },
  })

/** Waits until every gateway has applied the changes. */
const untilInForce = (operator: ApiClient) =>
  expect
    .poll(
      async () =>
        (await operator.call(operations.listGateways)).items.every((one) => one.unconfirmedChanges === 0),
      patience,
    )
    .toBe(true)

describe.each(['sqlite', 'postgres'] as const)('Postern with a restored store (%s)', (engine) => {
  test('revokes again what had been revoked, lists it by name, and reuses neither names nor serial numbers', {
    timeout: 180_000,
  }, async () => {
    const environment =
      engine === 'sqlite' ? {} : { POSTERN_DATABASE_URL: await createPostgresDatabase(inject('postgresUrl')) }
    const config = engine === 'sqlite' ? {} : { storage: { engine } }
    const place = await preparePostern({ config, environment })
    let postern = await place.start()
    onTestFinished(() => postern.stop())
    const admin = await signInFirst(postern, 'admin@acme.example', password)
    const operator = await signInFirst(postern, 'operator@postern.example', password)
    const codeOf = async ({ files }: Issued) =>
      (await createGatewayClient(postern, readIdentity(files)).get('/whoami')).code
    const pemOf = ({ files }: Issued) => readFileSync(join(files.folder, files.certificateFile), 'utf8')
    const victim = await issueCertificate(admin, 'acme')
    await expect.poll(() => codeOf(victim), patience).toBe('')
    const at = { organization: 'acme', environment: 'production' }
    const make = (name: string) => admin.call(operations.createCredential, { params: at, body: { name } })
    const [deleted, rotated] = [await make('deleted'), await make('rotated')]
    const ofRotated = { organization: 'acme', credentialId: rotated.id }
    await admin.call(operations.rotateCredentialSecret, {
      params: ofRotated,
      body: { overlapSeconds: 86_400 },
    })
    const setPlan = (mode: 'observe' | 'enforce') =>
      operator.call(operations.setEnforcementPolicy, {
        params: at,
        body: { mode, ...(mode === 'enforce' && { acceptDenied: 0 }) },
      })
    await setPlan('observe')
    await untilInForce(operator)
    using backup = await takeBackup(postern.storage)

    await revoke(admin, victim)
    const ofDeleted = { organization: 'acme', credentialId: deleted.id }
    await admin.call(operations.deleteCredential, { params: ofDeleted })
    const secretId = rotated.secrets[0]?.id ?? ''
    await admin.call(operations.deleteCredentialSecret, { params: { ...ofRotated, secretId } })
    await setPlan('enforce')
    const lost = await issueCertificate(admin, 'acme')
    await expect.poll(() => codeOf(victim), patience).toBe('certificate_revoked')
    await expect.poll(() => codeOf(lost), patience).toBe('')
    await untilInForce(operator)
    await backup.putBack()

    const params = { organization: 'acme', certificateId: victim.certificate.id }
    const statusOf = async () => (await admin.send(operations.getCertificate, { params })).body.status
    await expect.poll(statusOf, patience).toBe('revoked')
    const { revocation } = await admin.call(operations.getCertificate, { params })
    expect(revocation?.reason).toBe('key_compromise')
    const serial = victim.certificate.issued?.serialNumber.toLowerCase()
    await expect.poll(() => readRevokedSerials(pemOf(victim)), patience).toContain(serial)
    expect(await codeOf(victim)).toBe('certificate_revoked')
    expect(await codeOf(lost)).toBe('certificate_not_registered')

    const credentials = async () => (await admin.call(operations.listCredentials, { params: at })).items
    await expect
      .poll(async () => (await credentials()).map(({ id, secrets }) => [id, secrets.length]), patience)
      .toEqual([[rotated.id, 1]])
    expect((await credentials())[0]?.secrets.map(({ id }) => id)).not.toContain(secretId)
    const planOf = async () => (await operator.call(operations.getEnforcementPolicy, { params: at })).mode
    await expect.poll(planOf, patience).toBe('enforce')

    const { storeRestores, items } = await operator.call(operations.listGateways)
    expect(storeRestores).toHaveLength(1)
    const { lostRevocations = [] } = storeRestores[0] ?? {}
    const outcomes = lostRevocations.map(({ kind, outcome }) => `${kind} ${outcome}`).toSorted()
    expect(outcomes).toEqual([
      'certificate_revoked revoked_again',
      'certificate_unknown reported',
      'credential_deleted revoked_again',
      'enforcement_required revoked_again',
      'secret_deleted revoked_again',
    ])
    expect(lostRevocations.filter(({ kind }) => kind.startsWith('certificate_'))).toMatchObject([
      {
        ...{ kind: 'certificate_revoked', name: victim.certificate.name, organization: 'acme' },
        ...{ serialNumber: victim.certificate.issued?.serialNumber, outcome: 'revoked_again' },
      },
      { kind: 'certificate_unknown', name: lost.certificate.name, organization: 'acme', outcome: 'reported' },
    ])
    await expect
      .poll(async () => (await operator.call(operations.listGateways)).items[0]?.unconfirmedChanges, patience)
      .toBe(0)
    expect(items[0]?.clockOffsetMilliseconds).toBeLessThan(10_000)
    // The email about the enforcement policy may or may not be in the backup.
    const emails = async () =>
      (await operator.call(operations.listEmails)).items
        .filter(({ to, subject }) => to === 'operator@postern.example' && subject.includes('older state'))
        .map(({ subject }) => subject)
    await expect.poll(emails, patience).toEqual(['The store was set back to an older state: 5 lost changes'])
    const next = await issueCertificate(admin, 'acme')
    expect([victim, lost].map(({ certificate }) => certificate.name)).not.toContain(next.certificate.name)

    // The same backup is restored while nothing runs: the portal detects it at its next start.
    await postern.end()
    await backup.putBack()
    postern = await place.start()
    expect(postern.output()).toContain('The store went back to an older state')
    const again = createApiClient(postern, admin.email)
    await again.call(operations.signIn, { body: { email: admin.email, password } })
    const last = await issueCertificate(again, 'acme')
    const names = [victim, lost, next].map(({ certificate }) => certificate.name)
    expect(names).not.toContain(last.certificate.name)
  })
})
