import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { createRegistry } from './registry.ts'

const hour = 3_600_000
const now = Date.UTC(2027, 1, 1)
const hash = (text: string) => createHash('sha256').update(text).digest('hex')

/** Registers a certificate from another CA that a CRL of its own and a common one are about. */
function add(
  registry: ReturnType<typeof createRegistry>,
  id: string,
  notAfter: number,
  describedAt = now - hour,
): void {
  setCertificate(registry, id, notAfter, false)
  registry.setExternalStatus(id, {
    ...{ describedAt, notAfter, expectedLinks: 2, isAskable: true, finding: null },
    links: [
      { checkId: `own ${id}`, depth: 0, isLookedFor: true },
      { checkId: 'common', depth: 1, isLookedFor: true },
    ],
  })
  registry.setExternalCheck(`own ${id}`, now + hour)
  registry.setExternalCheck('common', now + hour)
}

function setCertificate(
  registry: ReturnType<typeof createRegistry>,
  id: string,
  notAfter: number,
  revoked: boolean,
): void {
  registry.setCertificate({
    ...{ id, name: id, organizationId: 'org_1', environment: 'production', issuerId: 'iss_1' },
    ...{ revoked, isServerOnly: false, replaced: false, notBefore: 0, notAfter },
    ...{ fingerprint: hash(id), publicKey: hash(`key ${id}`) },
  })
}

/** Returns whether the end of the last answer of a statement is remembered: another certificate would have it. */
function remembers(registry: ReturnType<typeof createRegistry>, checkId: string): boolean {
  registry.setExternalStatus('cert_probe', {
    ...{ describedAt: 0, notAfter: now, expectedLinks: 1, isAskable: true, finding: null },
    links: [{ checkId, depth: 0, isLookedFor: true }],
  })
  const confirmedUntil = registry.findConfirmedUntil('cert_probe')
  registry.setExternalStatus('cert_probe', undefined)
  return confirmedUntil === now + hour
}

test('what other CAs say is forgotten with a certificate that expires, and kept for the others', () => {
  const registry = createRegistry()
  add(registry, 'cert_a', now)
  add(registry, 'cert_b', now + hour)
  // The portal has stored another since.
  add(registry, 'cert_c', now + 9 * hour, now + 2 * hour)
  registry.forgetExternalStatuses(now)
  expect(registry.findConfirmedUntil('cert_a')).toBe(now + hour)
  expect(remembers(registry, 'own cert_a')).toBe(true)
  registry.forgetExternalStatuses(now + 1000)
  expect(remembers(registry, 'own cert_a')).toBe(false)
  expect(remembers(registry, 'common')).toBe(true)
  expect(registry.findConfirmedUntil('cert_a')).toBeUndefined()
  expect(registry.findConfirmedUntil('cert_b')).toBe(now + hour)
  registry.forgetExternalStatuses(now + hour + 1000)
  expect(registry.findExternalStatus('cert_b')).toBeUndefined()
  expect(remembers(registry, 'own cert_b')).toBe(false)
  expect(remembers(registry, 'own cert_c')).toBe(true)
})

test('a clock that is ahead forgets nothing of what had not expired when the portal last stored a status', () => {
  const registry = createRegistry()
  add(registry, 'cert_a', now - 2 * hour, now - 9 * hour)
  add(registry, 'cert_b', now + hour)
  registry.forgetExternalStatuses(now + 9000 * hour)
  expect(registry.findExternalStatus('cert_a')).toBeUndefined()
  expect(registry.findConfirmedUntil('cert_b')).toBe(now + hour)
  expect(remembers(registry, 'own cert_b')).toBe(true)
})

test('of a revoked certificate what its CA says is kept, without the statements', () => {
  const registry = createRegistry()
  add(registry, 'cert_here', now + hour)
  add(registry, 'cert_there', now + hour)
  const finding = { at: now, by: 'CN=Example', subject: null }
  const status = registry.findExternalStatus('cert_there')
  if (status !== undefined) registry.setExternalStatus('cert_there', { ...status, finding })
  for (const id of ['cert_here', 'cert_there']) setCertificate(registry, id, now + hour, true)
  registry.forgetExternalStatuses(now)
  expect(remembers(registry, 'common')).toBe(false)
  expect(registry.findExternalStatus('cert_here')).toBeUndefined()
  expect(registry.findExternalStatus('cert_there')).toMatchObject({ finding, links: [] })
})

test('a status that the store no longer has is forgotten, and with it its statements', () => {
  const registry = createRegistry()
  add(registry, 'cert_a', now + hour)
  registry.setExternalStatus('cert_a', undefined)
  registry.forgetExternalStatuses(now)
  expect(registry.findExternalStatus('cert_a')).toBeUndefined()
  expect(['own cert_a', 'common'].map((checkId) => remembers(registry, checkId))).toEqual([false, false])
})
