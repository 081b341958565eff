import { expect, test } from 'vitest'
import { createAuditStore } from '../../src/audit/audit-store.ts'
import type { Database } from '../../src/storage/database.ts'
import { createActivityStore } from '../../src/telemetry/activity-store.ts'
import { createDenialStore } from '../../src/telemetry/denial-store.ts'
import { describeOnBothEngines } from '../support/databases.ts'

describeOnBothEngines('lists that may be long', (store) => {
  test('are read beside other work of the process', async () => {
    const queries = new Proxy({} as Database['queries'], {
      get() {
        throw new Error('This list is read in the turn of the event loop.')
      },
    })
    const database: Database = { ...store.database, queries }
    const page = { limit: 10 }
    const none = { items: [], nextCursor: null }
    expect(await createDenialStore(database).list({ organization: 'acme' }, page)).toEqual(none)
    expect(await createDenialStore(database).count({ from: undefined, to: undefined }, {})).toEqual([])
    expect(await createActivityStore(database).listByOrganization('org_acme', page)).toEqual(none)
    expect(await createActivityStore(database).listByCertificate('org_acme', 'cert_1', page)).toEqual(none)
    expect(await createAuditStore(database).list({ ...page, actor: 'nobody' })).toEqual(none)
    expect(await createAuditStore(database).listAbout('org_acme', 'cert_1', page)).toEqual(none)
  })
})
