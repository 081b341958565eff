import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import pg from 'pg'
import { expect, inject, onTestFinished, test } from 'vitest'
import { operations } from '../../src/contract/operations.ts'
import { signInFirst } from '../support/api.ts'
import { issueCertificate, until } from '../support/certificates.ts'
import { preparePostern } from '../support/postern.ts'
import { createPostgresDatabase, findFreePort } from '../support/postgres.ts'
import { clearPlace } from '../support/processes.ts'

const run = promisify(execFile)
const grants = readFileSync(
  join(import.meta.dirname, '../../deploy/postgresql/publication-grants.sql'),
  'utf8',
)

/** Creates the role of a process that publishes, as production.md has it. Returns the URL with it. */
async function createRole(url: string): Promise<string> {
  const role = `publication_${randomBytes(4).toString('hex')}`
  const owner = new pg.Client({ connectionString: url })
  await owner.connect()
  await owner.query(`create role ${role} login`)
  await owner.query(grants.replaceAll('postern_publication', role))
  onTestFinished(async () => {
    await owner.query(`drop owned by ${role}`)
    await owner.query(`drop role ${role}`)
    await owner.end()
  })
  return Object.assign(new URL(url), { username: role }).href
}

test('CRLs and OCSP come from a process with its own key, role and port, and stay there without the portal', {
  timeout: 180_000,
}, async () => {
  const url = await createPostgresDatabase(inject('postgresUrl'))
  const config = { storage: { engine: 'postgres' }, publication: { servedBy: 'publication' } }
  const key = randomBytes(32).toString('base64')
  const place = await preparePostern({
    config,
    environment: { POSTERN_DATABASE_URL: url, POSTERN_PUBLICATION_KEY: key },
    only: 'portal',
  })
  onTestFinished(() => clearPlace(place))
  const portal = await place.start()
  const operationsPort = await findFreePort()
  const { host: _, port } = new URL(place.publicUrl)
  const other = await preparePostern({
    config: { ...config, operations: { port: operationsPort, drainSeconds: 0 } },
    environment: { POSTERN_DATABASE_URL: await createRole(url), POSTERN_PUBLIC_PORT: port },
  })
  onTestFinished(() => clearPlace(other))
  const keyFile = join(other.configFile, '../publication-key')
  writeFileSync(keyFile, key, { mode: 0o600 })
  other.variables.POSTERN_PUBLICATION_KEY_FILE = keyFile
  const publication = await other.start('--publication')
  expect(publication.findProcesses('-process')).toEqual(publication.findProcesses('publication-process'))

  const admin = await signInFirst(portal, 'admin@acme.example')
  const { certificate, files } = await issueCertificate(admin, 'acme')
  await portal.end()
  const tool = async (program: string, ...args: string[]) => {
    const { stdout, stderr } = await run(program, args, { cwd: files.folder })
    return stdout + stderr
  }
  const issuer = /CA Issuers - URI:(\S+)/.exec(
    await tool('openssl', 'x509', '-in', files.certificateFile, '-noout', '-text'),
  )?.[1] as string
  for (const [name, address] of [
    ['issuer', issuer],
    ['root', `${place.publicUrl}/issuers/root.cer`],
  ] as const) {
    await tool('curl', '--silent', '--fail', '--output', `${name}.der`, address)
    await tool('openssl', 'x509', '-inform', 'DER', '-in', `${name}.der`, '-out', `${name}.pem`)
  }
  await tool('sh', '-c', 'cat issuer.pem root.pem > chain.pem')
  const address = (await tool('openssl', 'x509', '-in', files.certificateFile, '-noout', '-ocsp_uri')).trim()
  const ask = () =>
    tool(
      ...(['openssl', 'ocsp', '-issuer', 'issuer.pem', '-CAfile', 'chain.pem'] as const),
      ...['-cert', files.certificateFile, '-url', address],
    )
  const first = await ask()
  expect(first).toContain('Response verify OK')
  expect(first).toContain(': good')
  expect((await fetch(`http://127.0.0.1:${operationsPort}/readyz/publication`)).status).toBe(200)
  const metrics = await (await fetch(`http://127.0.0.1:${operationsPort}/metrics`)).text()
  expect(metrics).toContain(
    'postern_publication_requests_total{resource="ocsp",status_class="2xx",role="publication"}',
  )

  writeFileSync(other.configFile, `${readFileSync(other.configFile, 'utf8')}\nlog: { level: info }\n`)
  process.kill(publication.processId, 'SIGHUP')
  await until(
    async () => publication.output(),
    (text) => text.includes('log.level: not given'),
    30,
  )
  const again = await place.start()
  const back = await signInFirst(again, 'admin@acme.example').catch(() => admin)
  await back.call(operations.revokeCertificate, {
    params: { organization: 'acme', certificateId: certificate.id },
    body: { reason: 'superseded', name: certificate.name },
  })
  expect(await ask()).toContain(': revoked')
  expect(await publication.end()).toBe(0)
  expect(publication.output()).not.toContain('"level":50')
})

test('a start without what it needs is refused with a sentence', async () => {
  const place = await preparePostern({ config: { publication: { servedBy: 'portal' } } })
  onTestFinished(() => place.remove())
  const refused = place.run('serve', '--publication')
  expect(await refused.exitCode).not.toBe(0)
  expect(refused.output()).toMatch(/publication\.servedBy is portal: .* Set it to publication, or to both/)
})
