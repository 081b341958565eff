import { expect, test } from 'vitest'
import type { RequiredAction } from '../../../../src/contract/required-action.ts'
import { describeRequiredActions } from './describe-required-actions.ts'

const now = new Date('2026-11-23T12:00:00Z')
const certificate = (name: string, changes: object = {}) => ({
  ...{ id: name, name, description: '', status: 'issued' as const, notAfter: '2026-12-10T12:00:00Z' },
  ...changes,
})
const replacement = (changes: object = {}) => ({ ...certificate('acme-0034'), deniedCount: 0, ...changes })
const denied = { kind: 'requests_denied', from: '', to: '', count: 1234, unprovenCount: 0 } as const
const expiring = (changes: object = {}) =>
  ({
    kind: 'certificate_expiring',
    certificate: certificate('acme-0001'),
    replacement: null,
    ...changes,
  }) as RequiredAction

test('the most urgent comes first', () => {
  const urgent = certificate('acme-0009', { notAfter: '2026-11-25T12:00:00Z' })
  const actions = describeRequiredActions(
    [
      { kind: 'certificate_draft', certificate: certificate('acme-0040') },
      expiring(),
      expiring({ certificate: urgent }),
      denied,
    ],
    now,
  )
  expect(actions.map(({ id }) => id)).toEqual(['acme-0009', 'requests_denied', 'acme-0001', 'acme-0040'])
})

test('a certificate whose replacement is accepted leads to its rotation', () => {
  const action = {
    kind: 'rotation_to_retire',
    certificate: certificate('acme-0001'),
    overlapEndsAt: null,
  } as const
  expect(describeRequiredActions([action], now)).toMatchObject([
    {
      title: 'Retire acme-0001 once nothing uses it',
      leadsTo: { page: 'rotation', certificateId: 'acme-0001' },
    },
  ])
})

test('a certificate whose overlap ends says when, and warns once it has ended', () => {
  const describe = (overlapEndsAt: string) =>
    describeRequiredActions(
      [{ kind: 'rotation_to_retire', certificate: certificate('acme-0001'), overlapEndsAt }],
      now,
    )[0]
  expect(describe('2027-03-01T08:00:00Z')).toMatchObject({
    tone: 'info',
    detail: expect.stringMatching(/From .*2027 on, Postern retires it as soon as nothing uses it\.$/),
  })
  expect(describe('2026-01-01T08:00:00Z')).toMatchObject({
    tone: 'warn',
    title: 'acme-0001 is not retired after its overlap',
  })
})

test('all denied requests are counted, and one is one', () => {
  const titles = [denied, { ...denied, count: 1 }].map(
    (each) => describeRequiredActions([each], now)[0]?.title,
  )
  expect(titles).toEqual([
    '1,234 requests were denied in the last hour',
    '1 request was denied in the last hour',
  ])
})

test.each([
  ['a draft', { status: 'draft' }, 'waiting for a CSR', 'draft'],
  ['a pending one', { status: 'pending' }, 'with the provider', 'certificate'],
  ['one that nobody uses yet', {}, 'No request with it has been accepted yet', 'rotation'],
  ['one whose requests are denied', { deniedCount: 37 }, 'denied, 37 times in 24 hours', 'rotation'],
])('an expiring certificate stays with %s in its place, and leads to it', (_, changes, words, page) => {
  const [action] = describeRequiredActions([expiring({ replacement: replacement(changes) })], now)
  expect(action?.title).toContain('acme-0001')
  expect(action?.detail).toMatch(/^Continue acme-0034/)
  expect(action?.detail).toContain(words)
  expect(action?.leadsTo).toEqual({ page, certificateId: 'acme-0034' })
})

test('a rotation whose replacement is denied is as bad as a denied request', () => {
  const [action] = describeRequiredActions(
    [
      {
        kind: 'rotation_unfinished',
        certificate: certificate('acme-0001'),
        replacement: replacement({ deniedCount: 1 }),
      },
    ],
    now,
  )
  expect(action).toMatchObject({ tone: 'bad', title: 'The rotation of acme-0001 is not finished' })
})
