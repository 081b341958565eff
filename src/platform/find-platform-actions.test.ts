import { expect, test } from 'vitest'
import { findPlatformActions } from './find-platform-actions.ts'

const toText = (at: number | null) => (at === null ? null : `at ${at}`)
const none = { count: 0, since: null }
const calm = {
  mail: { delivery: 'smtp' as const, waiting: 0, failing: 0, oldestWaitingAt: null },
  revocationLists: [],
  gateways: { running: 1, notReporting: 0, unconfirmedChanges: 3 },
}
const findings = {
  ...{ approvals: none, confirmations: none, tasks: none, lostRevocations: none, expiring: none },
  serverCertificates: none,
  ...{ lateBackup: none, lateDrill: none, isHeld: false },
  silentSince: null,
}

test('nothing needs an operator while everything works', () => {
  expect(findPlatformActions(calm, findings, toText)).toEqual([])
})

test('no gateway at all is something else than one that is silent', () => {
  const idle = { running: 0, notReporting: 0, unconfirmedChanges: 0 }
  expect(findPlatformActions({ ...calm, gateways: idle }, findings, toText)).toEqual([
    { kind: 'gateway_missing', count: 1, since: null },
  ])
  const silent = { ...idle, notReporting: 2 }
  expect(findPlatformActions({ ...calm, gateways: silent }, { ...findings, silentSince: 7 }, toText)).toEqual(
    [{ kind: 'gateway_not_reporting', count: 2, since: 'at 7' }],
  )
})

test('the most urgent comes first, with how many and since when', () => {
  const list = {
    issuerId: 'iss_a',
    environment: null,
    number: 1,
    thisUpdate: 'a',
    nextUpdate: 'b',
    late: true,
  }
  const actions = findPlatformActions(
    {
      mail: { ...calm.mail, waiting: 4, failing: 3, oldestWaitingAt: 'early' },
      revocationLists: [list, { ...list, late: false }],
      gateways: { ...calm.gateways, unconfirmedChanges: 1001 },
    },
    {
      approvals: { count: 2, since: 1 },
      confirmations: { count: 3, since: 0 },
      tasks: { count: 1, since: 2 },
      lostRevocations: { count: 5, since: 3 },
      expiring: { count: 1, since: null },
      serverCertificates: { count: 1, since: 9 },
      lateBackup: { count: 1, since: 4 },
      lateDrill: { count: 1, since: 5 },
      isHeld: true,
      silentSince: null,
    },
    toText,
  )
  expect(actions).toEqual([
    { kind: 'gateway_behind', count: 1, since: null },
    { kind: 'server_certificate_expiring', count: 1, since: 'at 9' },
    { kind: 'revocation_list_late', count: 1, since: null },
    { kind: 'restore_held', count: 1, since: null },
    { kind: 'revocation_lost', count: 5, since: 'at 3' },
    { kind: 'backup_late', count: 1, since: 'at 4' },
    { kind: 'certificate_authority_expiring', count: 1, since: null },
    { kind: 'email_failing', count: 3, since: 'early' },
    { kind: 'task_given_up', count: 1, since: 'at 2' },
    { kind: 'drill_late', count: 1, since: 'at 5' },
    { kind: 'confirmation_waiting', count: 3, since: 'at 0' },
    { kind: 'approval_waiting', count: 2, since: 'at 1' },
  ])
})
