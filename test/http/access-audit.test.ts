import { expect, test } from 'vitest'
import { operations } from '../../src/contract/operations.ts'
import { signInFirst, toUrl } from '../support/api.ts'
import { issueCertificate } from '../support/certificates.ts'
import { openPostern } from '../support/open-postern.ts'
import { addUser, withStore } from '../support/users.ts'

test('failed sign-ins, denials and downloads are in the audit log, aggregated by account', {
  timeout: 240_000,
}, async () => {
  const postern = await openPostern()
  const { fetch } = postern
  const admin = await signInFirst(postern, 'admin@acme.example')
  const viewer = await addUser(postern, 'viewer@acme.test', 'viewer', 'acme')
  const { certificate } = await issueCertificate(admin, 'acme')

  const trySignIn = (email: unknown) =>
    fetch(toUrl(postern.portalUrl, operations.signIn, {}), {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: postern.portalUrl },
      body: JSON.stringify({ email, password: 'hunter2-tried-password' }),
    })
  for (let tried = 0; tried < 3; tried += 1) await trySignIn('Viewer@acme.test')
  for (const email of ['guess1@example.com', 'guess2@example.com', 'x'.repeat(300)]) await trySignIn(email)

  const params = { organization: 'acme', certificateId: certificate.id }
  const evidence = toUrl(postern.portalUrl, operations.downloadEvidence, { params })
  const cookie = admin.cookie()
  for (let taken = 0; taken < 2; taken += 1)
    await (await fetch(evidence, { headers: { cookie } })).arrayBuffer()
  const revoke = { params, body: { reason: 'superseded', name: certificate.name } } as const
  await viewer.call(operations.revokeCertificate, revoke).catch(() => {})
  await viewer.call(operations.listAudit, { query: {} }).catch(() => {})
  await fetch(evidence)
  await fetch(toUrl(postern.portalUrl, operations.getSession, {}))
  await postern.close()

  const rows = await withStore({ storage: postern.storage }, ({ queries }) =>
    queries.selectFrom('audit').selectAll().where('action', 'like', 'person.%').execute(),
  )
  await postern.stop()
  const found = rows.map(({ action, actor_name: actor, after }) => ({
    action,
    actor,
    ...JSON.parse(after ?? '{}'),
  }))
  const of = (action: string, actor: string) =>
    found.filter((row) => row.action === action && row.actor === actor)
  // A minute may have ended in between.
  const count = (action: string, actor: string, operation: string) =>
    of(action, actor).reduce((sum, row) => sum + (row.operations[operation] ?? 0), 0)
  expect(count('person.sign_in_failed', 'viewer@acme.test', 'signIn')).toBe(3)
  expect(of('person.sign_in_failed', 'viewer@acme.test')[0].addresses).toEqual(['127.0.0.1'])
  expect(count('person.sign_in_failed', 'Postern', 'signIn')).toBe(2)
  expect(count('person.denied', 'viewer@acme.test', 'revokeCertificate')).toBe(1)
  expect(count('person.denied', 'viewer@acme.test', 'listAudit')).toBe(1)
  expect(count('person.denied', 'Postern', 'downloadEvidence')).toBe(1)
  expect(of('person.denied', 'Postern').flatMap(({ operations }) => Object.keys(operations))).toEqual([
    'downloadEvidence',
  ])
  expect(count('person.downloaded', 'admin@acme.example', 'downloadEvidence')).toBe(2)
  expect(of('person.downloaded', 'admin@acme.example')[0].certificates).toEqual([certificate.id])
  const all = JSON.stringify(rows)
  for (const secret of ['guess1', 'guess2', 'xxxx', 'hunter2']) expect(all).not.toContain(secret)
})
