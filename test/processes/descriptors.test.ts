import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { operations } from '../../src/contract/operations.ts'
import { createApiClient } from '../support/api.ts'
import { type RunningPostern, startPostern } from '../support/postern.ts'

const descriptors = 256
let postern: RunningPostern
const sockets: Socket[] = []

beforeAll(async () => {
  // The test has only one address, so the limit per address is disabled.
  const connections = { perAddress: 0 }
  postern = await startPostern({
    only: 'portal',
    config: { portal: { connections }, publication: { connections } },
    descriptors,
  })
})
afterAll(async () => {
  for (const socket of sockets) socket.destroy()
  await postern?.stop()
})

/** Opens connections that send nothing. */
async function stay(url: string, count: number): Promise<void> {
  const { port } = new URL(url)
  for (let number = 0; number < count; number++) {
    const socket = connect({ port: Number(port), host: '127.0.0.1' })
    sockets.push(socket)
    socket.on('error', () => {})
    await once(socket, 'connect')
  }
}

test('more idle connections than file descriptors do not block either listener', async () => {
  await stay(postern.portalUrl, descriptors + 50)
  await stay(postern.publicUrl, descriptors + 50)
  const [user] = postern.firstRun().people
  const client = createApiClient(postern)
  const signedIn = await client.send(operations.signIn, {
    body: { email: user?.email ?? '', password: user?.oneTimePassword ?? '' },
  })
  expect(signedIn.status).toBe(200)
  // Serving a file of the page opens another descriptor.
  expect((await fetch(postern.portalUrl)).status).toBe(200)
  const published = await fetch(`${postern.publicUrl}/issuers/root.cer`)
  expect([published.status, published.headers.get('content-type')]).toEqual([200, 'application/pkix-cert'])
  expect(postern.output()).not.toContain('EMFILE')
  expect(postern.findProcesses('portal-process')).toHaveLength(1)
})
