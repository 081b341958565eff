import { afterAll, beforeAll, expect, test } from 'vitest'
import { describeOnBothEngines } from '../../test/support/databases.ts'
import { activityRecord, emptyBatch, insertOwner } from '../../test/support/usage-batches.ts'
import { createAuditStore } from '../audit/audit-store.ts'
import { recordAudit } from '../audit/record-audit.ts'
import type { OrganizationStreamEvent } from '../contract/events/stream-event.ts'
import { systemActor } from '../shapes/actor.ts'
import { createActivityStore } from './activity-store.ts'
import { createLiveActivity, type LiveActivity } from './live-activity.ts'
import { streamOrganization } from './stream-organization.ts'
import { openUsageStore, type UsageStore } from './usage-store.ts'

describeOnBothEngines('the stream of an organization', (store) => {
  let writer: UsageStore
  let live: LiveActivity
  beforeAll(async () => {
    writer = await openUsageStore(store.location)
    await insertOwner(store.database.queries, 'acme', ['cert_1'])
    await insertOwner(store.database.queries, 'globex', ['cert_2'])
    live = createLiveActivity(createActivityStore(store.database))
  })
  afterAll(async () => {
    live.stop()
    await writer.close()
  })
  const recordChangeOf = (organizationId: string) =>
    store.database.transaction((tx) =>
      recordAudit(
        tx,
        {
          actor: systemActor('test'),
          action: 'certificate.updated',
          organizationId,
          subjectKind: 'certificate',
          subjectId: 'cert_1',
        },
        Date.now(),
      ),
    )
  const call = (number: number, organizationId: string, certificateId: string, environment = 'production') =>
    writer.write(
      emptyBatch(number, {
        records: [activityRecord(`act_${number}`, { organizationId, certificateId, environment })],
      }),
    )

  test('reports calls and changes of this organization in this environment, and of no other', async () => {
    const signal = new AbortController()
    const readMark = () => createAuditStore(store.database).readLatestAbout('org_acme')
    const stream = streamOrganization(
      { live, readMark, signal: signal.signal },
      { organizationId: 'org_acme', organization: 'acme', environment: 'production' },
    )
    const next = async () => (await stream.next()).value?.event as OrganizationStreamEvent
    expect((await next()).type).toBe('stream.opened')
    expect((await next()).data).toEqual({ activity: true, resources: true })
    await call(1, 'org_globex', 'cert_2')
    await call(2, 'org_acme', 'cert_1', 'staging')
    await recordChangeOf('org_globex')
    await recordChangeOf('org_acme')
    expect((await next()).data).toEqual({ activity: false, resources: true })
    await call(3, 'org_acme', 'cert_1')
    expect((await next()).data).toEqual({ activity: true, resources: false })
    signal.abort()
    expect((await stream.next()).done).toBe(true)
  })

  test('ends when the client may no longer see the organization', async () => {
    let isAllowed = true
    const readMark = async () => {
      if (!isAllowed) throw new Error('no longer admitted')
      return ''
    }
    const stream = streamOrganization(
      { live, readMark, signal: new AbortController().signal },
      { organizationId: 'org_acme', organization: 'acme', environment: 'production' },
    )
    await stream.next()
    await stream.next()
    isAllowed = false
    await expect(stream.next()).rejects.toThrow('no longer admitted')
  })
})
