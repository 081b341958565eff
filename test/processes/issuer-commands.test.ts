import { afterAll, beforeAll, expect, test } from 'vitest'
import { operations } from '../../src/contract/operations.ts'
import { type ApiClient, signInFirst } from '../support/api.ts'
import { issueCertificate } from '../support/certificates.ts'
import { createExternalAuthority } from '../support/external-authority.ts'
import { type PosternPlace, preparePostern, type RunningPostern } from '../support/postern.ts'
import { openToolFolder } from '../support/tool-folder.ts'
import { withStore } from '../support/users.ts'

let place: PosternPlace
let postern: RunningPostern
let admin: ApiClient
let operator: ApiClient

beforeAll(async () => {
  const production = { port: 1, live: true, externalCertificates: 'trusted-issuers' }
  place = await preparePostern({ config: { environments: { production, staging: { port: 2 } } } })
  postern = await place.start('--portal')
  admin = await signInFirst(postern, 'admin@acme.example')
  operator = await signInFirst(postern, 'operator@postern.example')
})
afterAll(() => postern?.stop())

async function issuer(...commandLine: string[]) {
  const run = place.run('issuer', ...commandLine)
  return { exitCode: await run.exitCode, output: run.output() }
}
const listIssuing = async () =>
  (await operator.call(operations.listCertificateAuthorities)).items.filter(
    ({ environment }) => environment === 'production',
  )

test('the command line rolls an issuing CA over and retires the old one while Postern runs', {
  timeout: 180_000,
}, async () => {
  const { certificate } = await issueCertificate(admin, 'acme')
  const [old] = await listIssuing()
  expect(await issuer('rotate', 'nowhere')).toMatchObject({ exitCode: 1 })
  expect(await issuer('rotate', 'production')).toMatchObject({ exitCode: 0 })
  const after = await listIssuing()
  expect(after.map(({ id, signsNewCertificates }) => [id === old?.id, signsNewCertificates])).toEqual([
    [false, true],
    [true, false],
  ])
  const rows = JSON.parse((await issuer('list', '--json')).output)
  expect(rows.find(({ id }: { id: string }) => id === old?.id)).toMatchObject({ signs: false, valid: 1 })

  const date = new Date(Date.now() + 20 * 86_400_000).toISOString()
  const look = await issuer('retire', old?.id ?? '', '--on', date)
  expect(look.output).toMatch(/1 valid certificate stops[\s\S]*acme: 1[\s\S]*--yes/)
  expect((await listIssuing()).at(-1)?.retiresAt).toBeNull()
  expect((await issuer('retire', old?.id ?? '', '--on', date, '--yes')).exitCode).toBe(0)
  expect((await listIssuing()).at(-1)?.retiresAt).toBe(date)
  const shown = await admin.call(operations.getCertificate, {
    params: { organization: 'acme', certificateId: certificate.id },
  })
  expect(shown.issued?.issuerRetiresAt).toBe(date)

  const signing = (await listIssuing())[0]?.id ?? ''
  expect(await issuer('retire', signing, '--on', date, '--yes')).toMatchObject({ exitCode: 1 })
  expect((await issuer('retire', old?.id ?? '', '--on', 'soon', '--yes')).output).toContain('is no date')
  expect((await issuer('retire', old?.id ?? '')).output).toContain('--on')
  expect((await issuer('retire', old?.id ?? '', '--cancel')).output).toContain('does not retire')
  expect((await listIssuing()).at(-1)?.retiresAt).toBeNull()
  const { items } = await operator.call(operations.listAudit, { query: { limit: 20 } })
  expect(items.map(({ type }) => type)).toEqual(
    expect.arrayContaining([
      'certificate_authority.created',
      'certificate_authority.retirement_set',
      'certificate_authority.retirement_cancelled',
    ]),
  )
})

test("the command line lists and retires a trusted external CA like Postern's own", {
  timeout: 180_000,
}, async () => {
  using folder = openToolFolder()
  const authority = createExternalAuthority(folder.path)
  await operator.call(operations.trustIssuer, {
    params: { environment: 'production' },
    body: { certificate: authority.makeAuthority('elsewhere') },
  })
  const rows: { id: string; kind: string }[] = JSON.parse((await issuer('list', '--json')).output)
  const external = rows.find(({ kind }) => kind === 'external')
  expect(external).toMatchObject({ environment: 'production', signs: false, valid: 0, retiresAt: null })
  expect((await issuer('list')).output).toMatch(/production {2}trusted, external {2}0 valid/)
  const date = new Date(Date.now() + 20 * 86_400_000).toISOString()
  expect((await issuer('retire', external?.id ?? '', '--on', date, '--yes')).exitCode).toBe(0)
  expect((await issuer('list')).output).toContain(`retires ${date}`)
})

test('the command line replaces a token signing key while Postern runs', { timeout: 180_000 }, async () => {
  const replace = async (...commandLine: string[]) => {
    const run = place.run('keys', 'replace-token-key', ...commandLine)
    return { exitCode: await run.exitCode, output: run.output() }
  }
  const listKeys = () =>
    withStore(place, ({ queries }) =>
      queries
        .selectFrom('signing_keys')
        .select(['id', 'accepted_until'])
        .where('environment', '=', 'production')
        .orderBy('created_at')
        .execute(),
    )
  const unknown = await replace('nowhere')
  expect(unknown).toMatchObject({ exitCode: 1 })
  expect(unknown.output).toMatch(/There is no environment nowhere\. There are production, staging\./)
  expect(await listKeys()).toMatchObject([{ accepted_until: null }])
  expect(await replace('production')).toMatchObject({
    exitCode: 0,
    output: expect.stringMatching(/A new key for the tokens of production is published\. It signs from 2/),
  })
  expect((await replace('production')).output).toContain('Nothing was changed.')
  expect(await listKeys()).toHaveLength(2)
  expect(await replace('production', '--now')).toMatchObject({
    exitCode: 0,
    output: expect.stringContaining('The former keys and their tokens have ended'),
  })
  const ends = (await listKeys()).map(({ accepted_until: end }) => end !== null && end <= Date.now())
  expect(ends).toEqual([true, true, false])
  const { items } = await operator.call(operations.listAudit, {
    query: { type: ['token_signing_key.replaced'] },
  })
  expect(items.map(({ actor }) => actor.label)).toEqual(
    [1, 2].map(() => expect.stringContaining('keys-replace')),
  )
})
