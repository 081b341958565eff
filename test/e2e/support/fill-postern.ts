import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { operations } from '../../../src/contract/operations.ts'
import type { Database } from '../../../src/storage/database.ts'
import { newId } from '../../../src/storage/id.ts'
import { type ApiClient, signInFirst } from '../../support/api.ts'
import {
  createTestCredential,
  curl,
  fetchToken,
  issueCertificate,
  makeRequest,
  until,
} from '../../support/certificates.ts'
import { createExternalAuthority } from '../../support/external-authority.ts'
import type { RunningPostern } from '../../support/postern.ts'
import { readInvitationToken } from '../../support/read-invitation.ts'
import { setUpTotp } from '../../support/second-factors.ts'
import { createTestSubscriptions } from '../../support/subscriptions.ts'
import { addPlatformUser, addUser, withStore } from '../../support/users.ts'

import { openTerminal } from './terminal.ts'

/** The IDs of what a filled Postern contains. */
export interface Filled {
  used: string
  revoked: string
  draft: string
  /** A draft in the environment `careful`. */
  keyless: string
  pending: string
  letter: string
  /** The token of an open invitation to a new user. */
  invitation: string
  /** The token with which a contact unsubscribes. */
  unsubscription: string
  /** The address of a user with an authenticator app and recovery codes. */
  withApp: string
  /** Externally issued certificates: one that waits for proof of possession, and one that is registered. */
  waiting: string
  registered: string
  /** A webhook with deliveries, whose endpoint nobody finds. */
  webhook: string
}

const organization = 'acme'
const production = { organization, environment: 'production' }
const longWord = 'Zahlungsverkehrsabwicklungsgesellschaftsaufsichtsbehördenmeldewesen'
/** With words as they come in long languages, and one that no blank divides. */
const longWords = `${longWord} ${longWord.repeat(3)}`

/**
 * Creates data in the organization acme, so that every screen has content: a certificate with calls and a
 * replacement, a revoked one that was denied, a draft, a pending CSR in the environment `careful`, emails.
 * Users: those of the demo, the viewer viewer@acme.test, and the auditor auditor@postern.test, who have answered for
 * their time zone, and the viewer newcomer@acme.test, who has not.
 */
export async function fillPostern(postern: RunningPostern): Promise<Filled> {
  const admin = await signInFirst(postern, 'admin@acme.example')
  const operator = await signInFirst(postern, 'operator@postern.example')
  await signInFirst(postern, 'admin@globex.example')
  await addUser(postern, 'viewer@acme.test', 'viewer', organization)
  await addPlatformUser(postern, 'auditor@postern.test', 'auditor')
  const act = { operationId: 'createBulkRevocation', pathParameters: {} }
  const selection = { serialNumbers: ['00'], reason: 'key_compromise', expectedCount: 1 }
  await operator.call(operations.requestConfirmation, { body: { ...act, body: selection } })
  const webhook = await admin.call(operations.createWebhook, {
    params: { organization },
    body: { name: longWord, url: `https://hooks.acme.example/${longWord}/${longWord}` },
  })
  for (const issuer of ['postern', 'own_ca'] as const)
    await admin.call(operations.addWebhookClientCertificate, {
      ...{ params: { organization, webhookId: webhook.id }, body: { issuer } },
    })
  const used = await callWithCertificate(postern, admin)
  const revoked = await revokeCertificate(postern, admin)
  await admin.call(operations.createApiKey, {
    params: { organization },
    body: {
      name: 'Terraform',
      role: 'developer',
      scopes: ['certificates:read', 'certificates:write'],
      networks: ['203.0.113.0/24', '2001:db8:1234:5678::/64'],
    },
  })
  const draft = await admin.call(operations.createCertificate, { params: production, body: {} })
  const keyless = await admin.call(operations.createCertificate, {
    params: { organization, environment: 'careful' },
    body: {},
  })
  const pending = await askForApproval(admin)
  const external = await registerExternal(admin)
  await observe(postern, admin, operator)
  await admin.call(operations.setSingleSignOn, {
    params: { organization: production.organization },
    body: {
      ...{ issuer: 'https://login.acme.example', clientId: 'postern', clientSecret: 'not a secret' },
      ...{ domains: ['acme.example'] },
    },
  })
  await addSignals(postern, admin, used)
  const { value: emails } = await until(
    () => operator.call(operations.listEmails),
    ({ items }) => items.length > 0,
    10,
  )
  const invitation = await inviteSomebody(postern, admin)
  const unsubscription = await withStore(postern, linkToUnsubscribe)
  await withStore(postern, addSources)
  const withApp = await addUser(postern, 'app@acme.example', 'viewer', organization)
  await setUpTotp(withApp)
  await withApp.call(operations.createRecoveryCodes, {})
  // The question is looked at on a page of its own.
  await withStore(postern, ({ queries }) =>
    queries.updateTable('users').set({ has_answered_time_zone: 1 }).execute(),
  )
  await addUser(postern, 'newcomer@acme.test', 'viewer', organization)
  return {
    used,
    revoked,
    draft: draft.id,
    keyless: keyless.id,
    pending,
    letter: emails.items[0]?.id ?? '',
    invitation,
    unsubscription,
    withApp: withApp.email,
    webhook: webhook.id,
    ...external,
  }
}

/** Adds a signal that holds, and one that was dismissed. */
async function addSignals(postern: RunningPostern, admin: ApiClient, certificateId: string): Promise<void> {
  await admin.call(operations.setAddressMonitoring, { params: production, body: { enabled: true } })
  const now = Date.now()
  await withStore(postern, async ({ queries }) => {
    const { organization_id } = await queries
      .selectFrom('certificates')
      .select('organization_id')
      .where('id', '=', certificateId)
      .executeTakeFirstOrThrow()
    for (const [network, dismissed_at] of [
      ['2001:db8:1234::/48', null],
      ['203.0.113.0/24', now],
    ] as const)
      await queries
        .insertInto('signals')
        .values({
          ...{ id: newId('signal', now), organization_id, environment: production.environment },
          ...{ kind: 'new_address', subject: `${certificateId} ${network}`, detail: network },
          ...{ certificate_id: certificateId, credential_id: null, first_seen_at: now, last_seen_at: now },
          ...{
            resolved_at: null,
            dismissed_at,
            dismissed_by: dismissed_at === null ? null : 'admin@acme.example',
          },
          ...{
            dismissed_by_ref: dismissed_at === null ? null : 'person:usr_1',
            told_at: now,
            announced_at: now,
          },
        })
        .execute()
  })
}

async function inviteSomebody(postern: RunningPostern, admin: ApiClient): Promise<string> {
  const email = 'somebody-with-a-long-name@department.subsidiary.acme.example'
  const body = { email, role: 'developer' as const }
  await admin.call(operations.createInvitation, { params: { organization }, body })
  return withStore(postern, (database) => readInvitationToken(database, email))
}

/** Adds what other CAs are asked for: one that answers, and one that does not. */
async function addSources({ queries }: Database): Promise<void> {
  const now = Date.now()
  const source = {
    ...{ issuer_id: 'iss_none', organization_id: 'org_none', kind: 'crl' as const, host: 'ca.example' },
    ...{ issuer: `CN=${longWord},O=Łódź Płatności S.A.`, issuer_der: new Uint8Array(), created_at: now },
    ...{ serial_number: null, is_of_authorities: 0, this_update: now, asked_at: now, next_at: null },
  }
  const answered = { confirmed_until: now + 86_400_000, answered_at: now, failing_since: null, problem: null }
  const silent = {
    ...{ confirmed_until: null, answered_at: null, failing_since: now },
    problem: 'did not answer within 60 seconds',
  }
  await queries
    .insertInto('external_checks')
    .values([
      { ...source, ...answered, id: 'a', urls: '["http://ca.example/a.crl"]', failures: 0 },
      {
        ...source,
        ...silent,
        id: 'b',
        urls: JSON.stringify([`http://${longWord}.example/b.crl`]),
        failures: 3,
      },
    ])
    .execute()
}

async function linkToUnsubscribe(database: Database): Promise<string> {
  const { id } = await database.queries
    .selectFrom('organizations')
    .select('id')
    .where('slug', '=', organization)
    .executeTakeFirstOrThrow()
  return createTestSubscriptions(database).open(id, 'payments@partner.example', Date.now())
}

/**
 * Starts monitoring in the environment `careful`, which does not require certificates yet, with two clients
 * without one.
 */
async function observe(postern: RunningPostern, admin: ApiClient, operator: ApiClient): Promise<void> {
  const environment = 'careful'
  await operator.call(operations.setEnforcementPolicy, {
    params: { organization, environment },
    body: { mode: 'observe', enforceAt: new Date(Date.now() + 40 * 86_400_000).toISOString() },
  })
  for (const path of ['/payments', '/refunds']) {
    const credential = await createTestCredential(admin, organization, environment)
    const token = await fetchToken(postern, undefined, credential, environment)
    const bearer = ['--header', `Authorization: Bearer ${token}`]
    await curl(postern, undefined, `${postern.gateways[environment]}${path}`, bearer)
  }
  await until(
    () => admin.call(operations.getEnforcementImpact, { params: { organization, environment } }),
    ({ deniedCalls }) => deniedCalls >= 4,
    10,
  )
}

async function registerExternal(admin: ApiClient): Promise<Pick<Filled, 'waiting' | 'registered'>> {
  const authority = createExternalAuthority(mkdtempSync(join(tmpdir(), 'postern-external-')))
  const register = (name: string) =>
    admin.call(operations.registerCertificate, {
      params: production,
      body: { certificate: authority.makeClient(name).pem, description: longWords },
    })
  const waiting = await register('waiting-for-its-proof')
  const { id, challenge } = await register('of-somebody-else')
  const { certificateId } = await admin.call(operations.proveRegistration, {
    params: { organization, registrationId: id },
    body: { signature: authority.sign(challenge, { keyFile: 'of-somebody-else.key' }) },
  })
  return { waiting: waiting.id, registered: certificateId ?? '' }
}

async function callWithCertificate(postern: RunningPostern, admin: ApiClient): Promise<string> {
  const { certificate, files } = await issueCertificate(admin, organization)
  const params = { organization, certificateId: certificate.id }
  const description = `Owner: ${longWords}`
  await admin.call(operations.updateCertificate, { params, body: { description } })
  const token = await fetchToken(postern, files, await createTestCredential(admin, organization))
  const bearer = ['--header', `Authorization: Bearer ${token}`]
  await curl(postern, files, `${postern.gateways.production}/payments/${'long-path-'.repeat(20)}`, bearer)
  await curl(postern, files, `${postern.gateways.production}/payments`)
  await curl(postern, files, `${postern.gateways.staging}/whoami`)
  const next = await admin.call(operations.rotateCertificate, { params })
  await admin.call(operations.submitCsr, {
    params: { organization, certificateId: next.id },
    body: { csr: makeRequest(files.folder, next.name) },
  })
  await untilSeen(admin, certificate.id, 3)
  return certificate.id
}

async function revokeCertificate(postern: RunningPostern, admin: ApiClient): Promise<string> {
  const { certificate, files } = await issueCertificate(admin, organization)
  const params = { organization, certificateId: certificate.id }
  await admin.call(operations.revokeCertificate, {
    params,
    body: { reason: 'key_compromise', name: certificate.name },
  })
  await curl(postern, files, `${postern.gateways.production}/whoami`)
  await untilSeen(admin, certificate.id, 1)
  return certificate.id
}

async function askForApproval(admin: ApiClient): Promise<string> {
  const draft = await admin.call(operations.createCertificate, {
    params: { organization, environment: 'careful' },
    body: { description: longWords },
  })
  const terminal = openTerminal()
  const csr = makeRequest(terminal.folder, draft.name)
  terminal.close()
  const params = { organization, certificateId: draft.id }
  await admin.call(operations.submitCsr, { params, body: { csr } })
  return draft.id
}

const untilSeen = (admin: ApiClient, certificateId: string, rows: number) =>
  until(
    () => admin.call(operations.listCertificateActivity, { params: { organization, certificateId } }),
    ({ items }) => items.length >= rows,
    10,
  )
