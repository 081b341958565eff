import { expect, test } from 'vitest'
import { createCertificateHarness } from '../../test/support/certificate-harness.ts'
import { describeOnBothEngines } from '../../test/support/databases.ts'
import { findKeyLocation, moveIssuerKey } from '../signer/issuer-key-store.ts'
import { readRootListNews } from './watch-root-list.ts'

const day = 86_400_000

describeOnBothEngines('the CRL of an offline root', (store) => {
  test('is reported with rising severity as it expires, and not while the root key is in the store', async () => {
    const {
      database,
      clock,
      crls: lists,
      issue,
      publisher,
      authorityKey,
    } = await createCertificateHarness(store.database)
    const root = await issue.issuers.findRoot()
    if (root === undefined) throw new Error('no root')
    const read = () =>
      readRootListNews({
        issuers: issue.issuers,
        lists,
        findKeyLocation: (id) => findKeyLocation(database.queries, id),
        clock,
      })
    await publisher.publish(root.id)
    expect(await read()).toBeUndefined()

    await database.transaction((tx) => moveIssuerKey(tx, authorityKey, root.id, 'offline'))
    await database.queries
      .updateTable('revocation_lists')
      .set({ next_update: clock.now() + 40 * day, due_at: clock.now() + 40 * day })
      .where('issuer_id', '=', root.id)
      .execute()
    expect(await read()).toMatchObject({ level: 'info' })
    clock.advance(20 * day)
    expect(await read()).toMatchObject({ level: 'warn', sentence: expect.stringContaining('ends on') })
    clock.advance(21 * day)
    expect(await read()).toMatchObject({
      level: 'error',
      sentence: expect.stringContaining('postern root import'),
    })
    await expect(publisher.publish(root.id)).rejects.toMatchObject({ code: 'root_offline' })
  })
})
