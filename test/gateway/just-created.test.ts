import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Agent, fetch } from 'undici'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type ApiClient, signInFirst } from '../support/api.ts'
import { type ClientFiles, createTestCredential, issueCertificate } from '../support/certificates.ts'
import { type LocalPostern, openPostern } from '../support/open-postern.ts'

let postern: LocalPostern
let admin: ApiClient

beforeAll(async () => {
  postern = await openPostern({ hasGateway: true, listens: true })
  admin = await signInFirst(postern, 'admin@acme.example')
})
afterAll(() => postern?.stop())

function openAgent({ folder, certificateFile, keyFile }: ClientFiles): Agent {
  const read = (name: string) => readFileSync(join(folder, name))
  const ca = readFileSync(postern.serverCaFile)
  return new Agent({ connect: { ca, cert: read(certificateFile), key: read(keyFile) } })
}

test('credentials are accepted immediately after they are created', async () => {
  const { files } = await issueCertificate(admin, 'acme')
  const dispatcher = openAgent(files)
  const statuses: number[] = []
  for (let i = 0; i < 20; i++) {
    const { clientId, clientSecret } = await createTestCredential(admin, 'acme')
    const answer = await fetch(`${postern.gateways.production}/token`, {
      method: 'POST',
      dispatcher,
      headers: { authorization: `Basic ${Buffer.from(`${clientId}:${clientSecret}`).toString('base64')}` },
      body: new URLSearchParams({ grant_type: 'client_credentials' }),
    })
    await answer.body?.cancel()
    statuses.push(answer.status)
  }
  await dispatcher.close()
  expect(new Set(statuses)).toEqual(new Set([200]))
})

test('a certificate is accepted immediately after it is issued', async () => {
  for (let i = 0; i < 10; i++) {
    const { certificate, files } = await issueCertificate(admin, 'acme')
    const dispatcher = openAgent(files)
    const answer = await fetch(`${postern.gateways.production}/whoami`, { dispatcher })
    expect(await answer.json()).toMatchObject({ certificate: { name: certificate.name } })
    await dispatcher.close()
  }
})
