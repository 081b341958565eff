import { afterAll, beforeAll, expect, test } from 'vitest'
import { describeOnBothEngines } from '../../test/support/databases.ts'
import { activityRecord, emptyBatch, insertOwner } from '../../test/support/usage-batches.ts'
import { createActivityStore } from './activity-store.ts'
import { createLiveActivity, type LiveActivity } from './live-activity.ts'
import { streamCertificate } from './stream-certificate.ts'
import { openUsageStore, type UsageStore } from './usage-store.ts'

describeOnBothEngines('the stream of a certificate', (store) => {
  let writer: UsageStore
  let live: LiveActivity
  let number = 0
  beforeAll(async () => {
    writer = await openUsageStore(store.location)
    await insertOwner(store.database.queries, 'acme', ['cert_1', 'cert_2', 'cert_3', 'cert_4'])
    live = createLiveActivity(createActivityStore(store.database))
  })
  afterAll(async () => {
    live.stop()
    await writer.close()
  })

  const write = async (certificateId: string, ...ids: string[]) => {
    await writer.write(
      emptyBatch(++number, {
        records: ids.map((id) =>
          activityRecord(id, { organizationId: 'org_acme', certificateId, proven: true }),
        ),
      }),
    )
  }

  /** Reads a stream until `count` events of gateways came; gives their positions and that of the beginning. */
  async function read(
    certificateId: string,
    lastEventId: string | undefined,
    count: number,
    meanwhile = async () => {},
  ) {
    const activity = createActivityStore(store.database)
    const certificate = { organizationId: 'org_acme', certificateId }
    const signal = new AbortController()
    const messages = streamCertificate(
      {
        live,
        stored: {
          findPosition: (id) => activity.findPosition(certificate, id),
          readAfter: (sequence) => activity.readCertificateAfter(certificate, sequence),
        },
        readState: async () => ({
          name: 'acme-0001',
          environment: 'production',
          status: 'issued',
          lastUsedAt: null,
          lastDeniedAt: null,
        }),
        lastEventId,
        signal: signal.signal,
      },
      { organization: 'acme', certificateId },
    )
    let opened: string | undefined
    const seen: string[] = []
    const positions: (string | undefined)[] = []
    for await (const message of messages) {
      if (message?.event.type === 'stream.opened') {
        opened = message.position
        await meanwhile()
      } else if (message?.event.id) {
        seen.push(message.event.id)
        positions.push(message.position)
      }
      if (seen.length >= count) signal.abort()
    }
    expect(positions).toEqual(seen)
    return { opened, seen }
  }

  test('continues after the last event that a client received, without loss or repetition', async () => {
    await write('cert_1', 'a', 'b')
    const first = await read('cert_1', undefined, 2, () => write('cert_1', 'c', 'd'))
    expect(first).toEqual({ opened: 'b', seen: ['c', 'd'] })
    await write('cert_1', 'e')
    await write('cert_2', 'other')
    // f is both stored and live while the stream catches up.
    const second = await read('cert_1', 'd', 3, async () => {
      await write('cert_1', 'f')
      await new Promise((resolve) => setTimeout(resolve, 400))
      await write('cert_1', 'g')
    })
    expect(second).toEqual({ opened: 'd', seen: ['e', 'f', 'g'] })
  })

  test('tells a client that left before the first event where it was', async () => {
    const first = await read('cert_3', undefined, 0)
    expect(first).toEqual({ opened: '0', seen: [] })
    await write('cert_3', 'x', 'y')
    expect(await read('cert_3', first.opened, 2)).toEqual({ opened: '0', seen: ['x', 'y'] })
  })

  test('gives all that is stored after an event that no longer is, also if it is of another certificate', async () => {
    await write('cert_4', 'own', 'newest')
    await write('cert_2', 'strange')
    for (const lastEventId of ['gone', 'strange', 'own\n'])
      expect((await read('cert_4', lastEventId, 2)).seen).toEqual(['own', 'newest'])
  })
})
