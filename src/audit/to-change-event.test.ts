import { expect, test } from 'vitest'
import { ChangeEvent, changeTypes } from '../contract/events/change-event.ts'
import { type AuditRecord, toChangeEvent } from './to-change-event.ts'

const record = (row: Partial<AuditRecord>): AuditRecord => ({
  ...{ sequence: 7, at: Date.parse('2027-03-04T08:00:00Z'), origin: '192.0.2.1', organization: 'acme' },
  ...{ environment: 'production', subjectKind: 'certificate', subjectId: 'crt_1', subjectName: 'acme-0001' },
  ...{ action: 'certificate.approved', before: null, after: { reason: '' }, hash: 'ab'.repeat(32) },
  actor: { kind: 'person', id: 'u_1', name: 'op@provider.example' },
  ...row,
})

test('a recorded change is an event with its envelope, its actor and typed data', () => {
  const event = toChangeEvent(
    record({
      action: 'certificate.revoked',
      before: { status: 'issued' },
      after: { status: 'revoked', reason: 'keyCompromise' },
    }),
  )
  expect(event).toEqual({
    ...{ id: `evt_${'ab'.repeat(13)}`, type: 'certificate.revoked', time: '2027-03-04T08:00:00.000Z' },
    ...{ organization: 'acme', environment: 'production', origin: '192.0.2.1' },
    subject: { kind: 'certificate', id: 'crt_1', name: 'acme-0001' },
    actor: { kind: 'person', id: 'u_1', label: 'op@provider.example' },
    data: { before: { status: 'issued' }, after: { status: 'revoked', reason: 'key_compromise' } },
  })
  expect(ChangeEvent.parse(event)).toEqual(event)
})

test('what only operators can do was done by an operator, also in rows that say person', () => {
  expect(toChangeEvent(record({})).actor.kind).toBe('operator')
})

test.each([
  ['an action that is not in the catalogue', { action: 'thing.invented', after: { anything: [1] } }],
  ['an action without the data of its type', { action: 'certificate.issued', after: null }],
  ['an action with other data', { action: 'member.added', after: { role: 7 } }],
])('%s is an event of the type other, with what was recorded', (_, row) => {
  const event = toChangeEvent(record({ ...row, subjectKind: 'gadget' }))
  expect(event).toMatchObject({
    type: 'other',
    subject: { kind: 'other', id: 'crt_1' },
    data: { recordedAs: row.action, before: null, after: row.after },
  })
  expect(ChangeEvent.parse(event)).toEqual(event)
})

test('the subject of an enforcement policy is named by slug and environment', () => {
  const policy = { mode: 'observe', enforceAt: null, heldSince: '2027-03-04T08:00:00.000Z' }
  const row = { subjectKind: 'enforcement-plan', subjectId: 'org_1/staging', environment: null }
  expect(toChangeEvent(record({ ...row, action: 'enforcement.held', after: policy }))).toMatchObject({
    ...{ type: 'enforcement_policy.postponed', environment: 'staging' },
    subject: { kind: 'enforcement_policy', id: 'acme/staging' },
  })
})

test('members have the names of the API, whatever the audit log calls them', () => {
  const policy = { mode: 'observe', enforceAt: null, heldSince: '2027-03-04T08:00:00.000Z' }
  const { heldSince: postponedSince, ...others } = policy
  const held = { subjectKind: 'enforcement-plan', subjectId: 'org_1/staging', action: 'enforcement.held' }
  expect(toChangeEvent(record({ ...held, before: policy, after: policy }))).toMatchObject({
    type: 'enforcement_policy.postponed',
    data: { before: { ...others, postponedSince }, after: { ...others, postponedSince } },
  })
  const issuer = { kind: 'issuing', environment: 'staging', serialNumber: '1e', key: 'store' }
  expect(toChangeEvent(record({ action: 'issuer.created', after: issuer }))).toMatchObject({
    type: 'certificate_authority.created',
    data: { after: { keyLocation: 'store' } },
  })
  const external = { kind: 'foreign', environment: 'staging', serialNumber: '1e' }
  expect(toChangeEvent(record({ action: 'issuer.trusted', after: external }))).toMatchObject({
    type: 'certificate_authority.trusted',
    data: { after: { kind: 'external' } },
  })
})

test('each type has its own recorded action', () => {
  const actions = Object.values(changeTypes).map(({ recordedAs }) => recordedAs)
  expect(new Set(actions).size).toBe(actions.length)
})

test('a webhook of a release that did not know the CAs of endpoints is no other event', () => {
  const after = { name: 'n', origin: 'https://a', urlSha256: '', environment: null, eventTypes: null }
  const row = record({ action: 'webhook.created', before: null, after: { ...after, enabled: true } })
  expect(toChangeEvent(row)).toMatchObject({ type: 'webhook.created', data: { after } })
})
