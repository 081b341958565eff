import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { describeWithFreshStores } from '../../test/support/databases.ts'
import { makeAuthority } from '../../test/support/test-authority.ts'
import { oids } from '../pki/der/oids.ts'
import { toMasterKey } from '../shapes/master-key.ts'
import { createOutgoingCa } from '../signer/outgoing-ca.ts'
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

    // No other CA has been created since: no client certificate was issued.
    const later = now + 31 * day
    const [late] = await listStoredSubjects(store.database, later)
    if (late === undefined) throw new Error('The CA is not listed.')
    expect(decide(late, new Map(), later).told?.days).toBe(-1)
    const [second] = writeOperatorLetters(
      { portalUrl: 'https://portal.example', now: later },
      ['op@x.example'],
      [{ ...late, days: -1, owner: undefined }],
    )
    expect(second?.subject).toMatch(
      / issues nothing more, and the next client certificate comes from a new CA, which endpoints have to trust then$/,
    )
  })

  test('issues nothing from the time on that operators are told', async () => {
    const ca = createOutgoingCa(store.database, toMasterKey(randomBytes(32)))
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const request = {
      subject: [{ type: oids.commonName, value: 'wh_1' }],
      spki: new Uint8Array(publicKey.export({ type: 'spki', format: 'der' })),
    }
    const issue = async (at: number) =>
      Buffer.from((await ca.issue({ ...request, notAfter: at + 90 * day }, at)).caDer).toString('hex')
    const first = await issue(now)
    const [subject] = await listStoredSubjects(store.database, now)
    const end = subject?.notAfter ?? 0
    expect(await issue(end - 1)).toBe(first)
    expect(await issue(end)).not.toBe(first)
    const [next] = await listStoredSubjects(store.database, end)
    expect(next?.id).not.toBe(subject?.id)
  })
})
