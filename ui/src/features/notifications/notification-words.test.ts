import { expect, test } from 'vitest'
import type { NotificationView } from '../../../../src/contract/notification.ts'
import {
  describeKind,
  describeRecipient,
  describeSilence,
  describeTeamAddress,
} from './notification-words.ts'

const view = (changes: Partial<NotificationView> = {}, daysBefore: number | null = 14): NotificationView => ({
  ...{ id: null, state: 'planned', kind: 'certificate_expiry', at: '2027-01-01T06:00:00.000Z', sentAt: null },
  ...{ subject: null, recipients: [], unsubscribed: [], certificateCount: 1, silence: null },
  webhookCertificate: null,
  certificates: [
    {
      id: 'cert_1',
      name: 'acme-0001',
      environment: 'production',
      notAfter: '2027-01-15T06:00:00.000Z',
      daysBefore,
    },
  ],
  ...changes,
})

test('a notification says which step of an expiry it is about, or its kind', () => {
  expect(describeKind(view())).toBe('Expires in 14 days')
  expect(describeKind(view({}, 0))).toBe('Expires today')
  expect(describeKind(view({}, -1))).toBe('Expired 1 day ago')
  expect(describeKind(view({ certificateCount: 500 }))).toBe('500 certificates expire')
  expect(describeKind(view({ kind: 'certificate_ready' }, null))).toBe('Certificate ready')
  const webhookCertificate = {
    ...{ id: 'whc_1', webhookId: 'wh_1', webhookName: 'ERP', notAfter: '2027-01-15T06:00:00.000Z' },
    daysBefore: 7,
  }
  const ofWebhook = { kind: 'webhook_certificate_expiry' as const, certificates: [] }
  expect(describeKind(view({ ...ofWebhook, webhookCertificate }))).toBe('Expires in 7 days')
  expect(describeKind(view({ ...ofWebhook, webhookCertificate: null }))).toBe(
    'Client certificate of a webhook expires',
  )
})

test('a notification says why nothing is sent, and why somebody gets it', () => {
  expect(describeSilence(view())).toBe('')
  expect(describeSilence(view({ silence: 'organization_not_active' }))).toBe(
    'Not sent while the organization is not active.',
  )
  expect(describeSilence(view({ state: 'skipped', silence: 'replaced' }))).toBe(
    'Not sent: its replacement is in use.',
  )
  expect(describeRecipient({ email: 'ops@acme.example', reason: 'contact', isUnsubscribed: false })).toBe(
    'ops@acme.example (contact)',
  )
  expect(describeRecipient({ email: 'ops@acme.example', reason: 'other', isUnsubscribed: false })).toBe(
    'ops@acme.example',
  )
  expect(describeRecipient({ email: 'ops@acme.example', reason: 'team', isUnsubscribed: true })).toBe(
    'ops@acme.example (team address, unsubscribed)',
  )
})

test('a team address that has not confirmed says so', () => {
  expect(describeTeamAddress({ teamAddress: null, teamAddressState: null })).toBe('None')
  expect(describeTeamAddress({ teamAddress: 'a@x.example', teamAddressState: 'confirmed' })).toBe(
    'a@x.example',
  )
  expect(describeTeamAddress({ teamAddress: 'a@x.example', teamAddressState: 'waiting' })).toBe(
    'a@x.example (not confirmed yet: gets no emails)',
  )
})
