import { expect, test } from 'vitest'
import { describeWithFreshStores } from '../../test/support/databases.ts'
import { makeAuthority } from '../../test/support/test-authority.ts'
import { writeOperatorLetters } from './expiry-letters.ts'
import { decide } from './expiry-steps.ts'
import { listStoredSubjects } from './operator-subject-store.ts'

const day = 86_400_000
const now = Date.parse('2045-11-28T06:00:00Z')

describeWithFreshStores('the CA for client certificates of webhooks', (store) => {
  test('is told of to operators before another one issues in its place', async () => {
    expect(await listStoredSubjects(store.database, now)).toEqual([])
    const { root } = await makeAuthority()
    for (const [id, notAfter] of [
      ['oca_1', now + 30 * day],
      ['oca_2', now + (365 + 30) * day],
    ] as const)
      await store.database.queries
        .insertInto('outgoing_cas')
        .values({
          ...{ id, certificate_der: root.der, sealed_key: Buffer.from('x'), not_after: notAfter },
          created_at: notAfter - 7305 * day,
        })
        .execute()
    const [subject, ...others] = await listStoredSubjects(store.database, now)
    expect(others).toEqual([])
    expect(subject).toMatchObject({ kind: 'outgoing_ca', id: 'oca_2', notAfter: now + 30 * day })
    if (subject === undefined) return
    expect(decide(subject, new Map(), now).told?.days).toBe(30)
    const [email] = writeOperatorLetters(
      { portalUrl: 'https://portal.example', now },
      ['op@x.example'],
      [{ ...subject, days: 30, owner: undefined }],
    )
    expect(email?.subject).toMatch(
      /^CA for client certificates of webhooks .* is replaced by a new CA soon, which endpoints have to trust then$/,
    )
  })
})
