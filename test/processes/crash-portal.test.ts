import { X509Certificate } from 'node:crypto'
import { expect, onTestFinished, test } from 'vitest'
import { defaultEnvironments } from '../../src/config/default-environments.ts'
import { parseCertificate } from '../../src/pki/certificate/certificate.ts'
import { signInFirst } from '../support/api.ts'
import { makeRequests } from '../support/bulk-requests.ts'
import { createTestCredential, fetchToken, issueCertificate, until } from '../support/certificates.ts'
import { createGatewayClient, readIdentity, startCallLoop } from '../support/gateway-client.ts'
import { startIssuing } from '../support/issuing-load.ts'
import { preparePostern, type RunningPostern } from '../support/postern.ts'
import { clearPlace, listProcesses } from '../support/processes.ts'
import { readRevokedSerials } from '../support/revoked-serials.ts'
import { signIn, withStore } from '../support/users.ts'

const kills = Number(process.env.POSTERN_KILLS ?? 4)
const requests = 12 * kills
const clients = 4
const admin = 'admin@acme.example'

/** Kills the portal; returns how long it took until it responded again, milliseconds. */
async function killPortal(postern: RunningPostern): Promise<number> {
  const [pid] = postern.findProcesses('portal-process')
  process.kill(pid as number, 'SIGKILL')
  const isUp = () =>
    fetch(`${postern.portalUrl}/healthz`).then(
      ({ ok }) => ok,
      () => false,
    )
  const { milliseconds } = await until(isUp, (up) => up, 30)
  expect(postern.findProcesses('portal-process')).not.toContain(pid)
  return milliseconds
}

const readStore = (postern: RunningPostern) =>
  withStore(postern, async ({ queries }) => ({
    certificates: await queries.selectFrom('certificates').selectAll().execute(),
    audit: await queries.selectFrom('audit').selectAll().where('subject_kind', '=', 'certificate').execute(),
    issuers: await queries.selectFrom('issuers').select(['id', 'certificate_der']).execute(),
  }))

test('the portal loses nothing acknowledged if it is killed while it issues and revokes', {
  timeout: 300_000,
}, async () => {
  const { production, staging } = defaultEnvironments
  const environments = { production: { ...production, maxCertificates: 10_000 }, staging }
  const place = await preparePostern({ config: { gateway: { processes: 2 }, environments } })
  onTestFinished(() => clearPlace(place))
  const pool = await makeRequests(requests)
  const postern = await place.start()
  const first = await signInFirst(postern, admin)
  const { certificate, files } = await issueCertificate(first, 'acme')
  const token = await fetchToken(postern, files, await createTestCredential(first, 'acme'))
  const gateways = postern.findProcesses('gateway-process')
  const caller = startCallLoop(postern, readIdentity(files), { token, pauseMs: 20 })
  const issuing = await Promise.all(
    Array.from({ length: clients }, async () => startIssuing(await signIn(postern, admin), pool)),
  )

  /** Waits until the API has acknowledged so many more certificates. */
  const untilIssuing = (more: number) => {
    const count = () => issuing.reduce((sum, { record }) => sum + record.acknowledged.length, 0)
    const goal = count() + more
    return until(
      async () => count(),
      (acknowledged) => acknowledged >= goal,
      30,
    )
  }

  const downtimes: number[] = []
  for (let kill = 0; kill < kills; kill++) {
    await untilIssuing(1 + Math.floor(Math.random() * 8))
    downtimes.push(await killPortal(postern))
  }
  const results = await Promise.all(issuing.map((one) => one.stop()))
  const { answeredAt, failures } = await caller.stop()
  const acknowledged = results.flatMap((result) => result.acknowledged)
  const sorted = downtimes.toSorted((a, b) => a - b).map(Math.round)
  const counts = Object.entries(Object.groupBy(acknowledged, ({ status }) => status))
  console.info(
    [
      `${kills} kills of the portal; it answered again after ${sorted[0]} / ${sorted[kills >> 1]} / ${sorted.at(-1)} ms (min / median / max)`,
      `acknowledged: ${counts.map(([status, rows]) => `${rows?.length} ${status}`).join(', ')}; ${results.reduce((sum, { broken }) => sum + broken, 0)} requests without an answer`,
      `meanwhile the gateways answered ${answeredAt.length} calls, ${failures.length} failed`,
    ].join('\n'),
  )

  expect(new Set(results.flatMap((result) => result.refused))).toEqual(new Set())
  expect(failures).toEqual([])
  expect(answeredAt.length).toBeGreaterThan(100)
  expect(postern.findProcesses('gateway-process')).toEqual(gateways)
  expect(postern.output().match(/The portal ended \(SIGKILL\)/g)).toHaveLength(kills)

  // CSRs that were submitted but not issued when the portal was killed are issued automatically.
  const settled = await until(
    () => readStore(postern),
    ({ certificates }) => certificates.every(({ status }) => status !== 'pending'),
    75,
  )
  const { certificates, audit, issuers } = settled.value
  const rows = new Map(certificates.map((row) => [row.id, row]))
  for (const { id, status, pem } of acknowledged) {
    const row = rows.get(id)
    const possible = { draft: ['draft', 'issued'], pending: ['issued'], issued: ['issued', 'revoked'] }[
      status
    ] ?? [status]
    expect(possible, `${id} was acknowledged as ${status}`).toContain(row?.status)
    if (pem !== undefined)
      expect(new X509Certificate(pem).raw).toEqual(Buffer.from(row?.certificate_der ?? []))
  }

  const isSigned = (row: (typeof certificates)[number]) => row.certificate_der !== null
  const signed = certificates.filter(isSigned)
  expect(certificates.filter((row) => row.tbs_der !== null && !isSigned(row))).toEqual([])
  for (const row of signed) {
    const der = Buffer.from(row.certificate_der ?? [])
    const issuer = issuers.find(({ id }) => id === row.issuer_id)
    expect(
      new X509Certificate(der).verify(new X509Certificate(issuer?.certificate_der ?? '').publicKey),
    ).toBe(true)
    const { tbs, serialNumber } = parseCertificate(new Uint8Array(der))
    expect(Buffer.from(tbs).equals(Buffer.from(row.tbs_der ?? []))).toBe(true)
    expect(serialNumber).toBe(row.serial_number)
    const steps = audit.filter((step) => step.subject_id === row.id)
    const facts = (action: string) =>
      steps.filter((step) => step.action === action).map(({ after }) => JSON.parse(after ?? '{}'))
    expect(facts('certificate.planned')).toMatchObject([{ serialNumber }])
    expect(facts('certificate.issued')).toMatchObject([
      { serialNumber, fingerprintSha256: row.fingerprint_sha256 },
    ])
    expect(facts('certificate.revoked')).toHaveLength(row.status === 'revoked' ? 1 : 0)
  }
  expect(new Set(signed.map((row) => row.serial_number)).size).toBe(signed.length)
  const audited = place.run('audit', 'verify')
  expect(await audited.exitCode, audited.output()).toBe(0)

  const revoked = signed.filter((row) => row.status === 'revoked')
  const wanted = revoked.map((row) => row.serial_number).toSorted()
  const listed = await until(
    async () => (await readRevokedSerials(certificate.issued?.pem ?? '')).toSorted(),
    (serials) => serials.length === wanted.length,
    75,
  )
  expect(listed.value).toEqual(wanted)

  for (const { key, pem, id } of acknowledged.filter((one) => one.pem !== undefined)) {
    const answer = await createGatewayClient(postern, { key, cert: pem ?? '' }).get('/whoami')
    const isRevoked = rows.get(id)?.status === 'revoked'
    expect([answer.status, answer.code]).toEqual(isRevoked ? [403, 'certificate_revoked'] : [200, ''])
  }
  await postern.stop()
  expect(listProcesses(place)).toEqual([])
})
