import { execFile } from 'node:child_process'
import { randomBytes, X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { connect } from 'node:tls'
import { promisify } from 'node:util'
import { expect, onTestFinished, test } from 'vitest'
import { examine } from '../../src/cli/diagnosis/examine.ts'
import { systemClock } from '../../src/clock.ts'
import { readSettings } from '../../src/config/read-settings.ts'
import type { CredentialWithSecret } from '../../src/contract/credential.ts'
import { operations } from '../../src/contract/operations.ts'
import { toMasterKey } from '../../src/shapes/master-key.ts'
import { ensureDevelopmentTls } from '../../src/signer/development-tls.ts'
import { recordChange } from '../../src/storage/change-log.ts'
import { findSealer } from '../../src/storage/seal.ts'
import { type ApiClient, signInFirst } from '../support/api.ts'
import { type CallTally, callAnew, callOverHttp1, callOverHttp2 } from '../support/call-load.ts'
import { type ClientFiles, createTestCredential, issueCertificate, until } from '../support/certificates.ts'
import { type ClientIdentity, readIdentity } from '../support/gateway-client.ts'
import { holdSockets } from '../support/hold-sockets.ts'
import { type PosternPlace, preparePostern, type RunningPostern } from '../support/postern.ts'
import { clearPlace, countListeners } from '../support/processes.ts'
import { openStreamingUpstream } from '../support/stream-load.ts'
import { withStore } from '../support/users.ts'

const changes = Number(process.env.POSTERN_KEY_CHANGES ?? 1)
const day = 86_400_000
const hour = 3_600_000
const names = ['authority', 'gateway', 'publication'] as const
const environments = ['production', 'staging']
const run = promisify(execFile)

/** A gateway address, and the file of the CAs that its clients trust. */
type Address = Pick<RunningPostern, 'gateways' | 'serverCaFile'>

/** Fetches a token every second, long before the last one expires, as a good client may. */
async function keepToken(
  { gateways, serverCaFile }: Address,
  { identity, credential }: { identity: ClientIdentity; credential: CredentialWithSecret },
  tally: CallTally,
  { environment, signal }: { environment: string; signal: AbortSignal },
) {
  const keyIds = new Set<string>()
  let token = ''
  const fetchOne = async (): Promise<void> => {
    const asked = request(`${gateways[environment]}/token`, {
      ...{ method: 'POST', agent: false, ca: readFileSync(serverCaFile), ...identity },
      auth: `${credential.clientId}:${credential.clientSecret}`,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    })
    asked.end('grant_type=client_credentials')
    const [response] = await once(asked, 'response')
    let text = ''
    for await (const chunk of response) text += chunk
    if (response.statusCode !== 200) throw new Error(`${response.statusCode} ${text}`)
    token = JSON.parse(text).access_token
    keyIds.add(JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString()).kid)
  }
  await fetchOne()
  const ended = (async () => {
    while (!signal.aborted) {
      await wait(1000, undefined, { signal }).catch(() => {})
      await fetchOne().catch((error) => tally.lost.push(`token ${environment} ${error}`))
    }
  })()
  return { read: () => token, keyIds, ended }
}

/** Asks for the status of a certificate, one question after another; each answer has to verify. */
async function askOcsp(place: PosternPlace, { folder, certificateFile }: ClientFiles, signal: AbortSignal) {
  const tool = (...args: string[]) => run('openssl', args, { cwd: folder })
  const read = async (which: string) =>
    (await tool('x509', '-in', certificateFile, '-noout', which)).stdout.trim()
  const urls = {
    issuer: /CA Issuers - URI:(\S+)/.exec(await read('-text'))?.[1] ?? '',
    root: `${place.publicUrl}/issuers/root.cer`,
  }
  for (const [name, url] of Object.entries(urls)) {
    await run('curl', ['--silent', '--fail', '--output', join(folder, `${name}.der`), url])
    await tool('x509', '-inform', 'DER', '-in', `${name}.der`, '-out', `${name}.pem`)
  }
  const pems = ['issuer', 'root'].map((name) => readFileSync(join(folder, `${name}.pem`), 'utf8'))
  writeFileSync(join(folder, 'chain.pem'), pems.join(''))
  const url = (await read('-ocsp_uri')).replace('localhost', '127.0.0.1')
  const result = { good: 0, bad: [] as string[], responders: new Set<string>() }
  const about = ['-issuer', 'issuer.pem', '-cert', certificateFile, '-CAfile', 'chain.pem', '-resp_text']
  const ended = (async () => {
    while (!signal.aborted) {
      const { stdout, stderr } = await tool('ocsp', ...about, '-url', url).catch((error) => error)
      if (/Response verify OK/.test(stderr + stdout) && /Cert Status: good/.test(stdout)) result.good += 1
      else result.bad.push(stderr)
      result.responders.add(/Responder Id: (\w+)/.exec(stdout)?.[1] ?? '')
      await wait(200)
    }
  })()
  return { result, ended }
}

/** Keys in files, as a secret manager gives them. */
function openKeys(folder: string) {
  const fileOf = (name: string) => join(folder, name)
  const write = (name: string, key: Uint8Array | null) => {
    const text = key === null ? '' : Buffer.from(key).toString('base64')
    writeFileSync(`${fileOf(name)}.new`, text, { mode: 0o600 })
    renameSync(`${fileOf(name)}.new`, fileOf(name))
  }
  const make = () => Object.fromEntries(names.map((name) => [name, randomBytes(32)]))
  const give = (first: Record<string, Uint8Array>, second?: Record<string, Uint8Array>) => {
    for (const name of names) {
      write(`${name}-key`, first[name] as Uint8Array)
      write(`${name}-key-second`, second?.[name] ?? null)
    }
  }
  const variables = Object.fromEntries(
    names.flatMap((name) => {
      const variable = `POSTERN_${name.toUpperCase()}_KEY`
      return [
        [`${variable}_FILE`, fileOf(`${name}-key`)],
        [`${variable}_SECOND_FILE`, fileOf(`${name}-key-second`)],
      ]
    }),
  )
  return { make, give, variables }
}

/** Stops a process of the tree as an orchestrator does, and waits until another one serves. */
async function replaceOne(postern: RunningPostern, part: string, pid: number, port: number): Promise<void> {
  const count = postern.findProcesses(part).length
  process.kill(pid, 'SIGTERM')
  await until(
    async () => {
      const now = postern.findProcesses(part)
      return now.length === count && !now.includes(pid) && countListeners(port, now) === count
    },
    Boolean,
    60,
  )
}

/** Makes the present token signing keys, and the OCSP responders, as old as those that are replaced. */
const age = (place: PosternPlace) =>
  withStore(place, async ({ queries }) => {
    const now = Date.now()
    await queries
      .updateTable('signing_keys')
      .set({ created_at: now - 91 * day })
      .execute()
    await queries
      .updateTable('ocsp_responders')
      .set({ not_after: now + 23 * hour })
      .execute()
  })

/** Lets the hour pass after which new token signing keys sign. */
const letHourPass = (place: PosternPlace) =>
  withStore(place, (database) =>
    database.transaction(async (tx) => {
      const now = Date.now()
      await tx
        .updateTable('signing_keys')
        .set((e) => ({
          signs_from: e('signs_from', '-', hour),
          accepted_until: e('accepted_until', '-', hour),
        }))
        .execute()
      for (const { id } of await tx.selectFrom('signing_keys').select('id').execute())
        await recordChange(tx, 'signing-key', id, now)
    }),
  )

const readServerCertificate = (port: number): Promise<string> =>
  new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', servername: 'localhost', rejectUnauthorized: false })
    socket.once('error', reject)
    socket.once('secureConnect', () => {
      resolve(socket.getPeerX509Certificate()?.fingerprint256 ?? '')
      socket.destroy()
    })
  })

/** Returns by which of the given keys the keys of CAs are sealed. */
const listSealers = (place: PosternPlace, first: Uint8Array, second: Uint8Array) =>
  withStore(place, async ({ queries }) => {
    const rows = await queries.selectFrom('issuer_keys').select(['issuer_id', 'sealed_key']).execute()
    return new Set(
      rows.map(({ issuer_id: id, sealed_key: sealed }) =>
        findSealer(toMasterKey(first, second), new Uint8Array(sealed ?? []), `issuer-key:${id}`),
      ),
    )
  })

test(`no call is lost while token keys, server certificate, OCSP responders and master keys are replaced, ${changes} times`, {
  timeout: 300_000 + changes * 120_000,
}, async () => {
  await using upstream = await openStreamingUpstream()
  const folder = mkdtempSync(join(tmpdir(), 'postern-keys-'))
  const keys = openKeys(folder)
  let former = keys.make()
  keys.give(former)
  const tls = { certificateFile: join(folder, 'gateway.pem'), keyFile: join(folder, 'gateway.key') }
  const bundle = join(folder, 'ca.pem')
  /** Makes a server certificate under a CA of its own, which clients trust before it is used. */
  const makeServerCertificate = async (name: string) => {
    const made = {
      certificateFile: join(folder, `${name}.pem`),
      keyFile: join(folder, `${name}.key`),
      serverCaFile: join(folder, `${name}-ca.pem`),
    }
    await ensureDevelopmentTls(made, ['localhost', '127.0.0.1'], systemClock)
    const before = existsSync(bundle) ? readFileSync(bundle, 'utf8') : ''
    writeFileSync(bundle, before + readFileSync(made.serverCaFile, 'utf8'))
    return made
  }
  const putInPlace = (made: typeof tls) => {
    const { fingerprint256 } = new X509Certificate(readFileSync(made.certificateFile))
    renameSync(made.keyFile, tls.keyFile)
    renameSync(made.certificateFile, tls.certificateFile)
    return fingerprint256
  }
  putInPlace(await makeServerCertificate('first'))
  const environment = (port: number) => ({ port, upstream: upstream.url, tokenSeconds: 60 })
  const sockets: number[] = []
  const place = await preparePostern({
    config: {
      gateway: {
        ...{ processes: 2, drainSeconds: 20 },
        ...{ certificate: tls.certificateFile, key: tls.keyFile },
      },
      environments: { production: environment(8443), staging: environment(8444) },
    },
    environment: keys.variables,
    sockets,
  })
  onTestFinished(() => {
    clearPlace(place)
    rmSync(folder, { recursive: true, force: true })
  })
  sockets.push(...holdSockets(place.ports))
  const [portalPort, , productionPort] = place.ports as [number, number, number]
  const postern = await place.start()
  const address = { gateways: place.gateways, serverCaFile: bundle }
  const replacePortal = async () => {
    const [pid] = postern.findProcesses('portal-process')
    await replaceOne(postern, 'portal-process', pid as number, portalPort)
    const isUp = () =>
      fetch(`http://127.0.0.1:${portalPort}/readyz`).then(
        ({ ok }) => ok,
        () => false,
      )
    await until(isUp, Boolean, 60)
  }
  const replaceGateways = async () => {
    for (const pid of postern.findProcesses('gateway-process'))
      await replaceOne(postern, 'gateway-process', pid, productionPort)
  }
  const diagnose = async () => {
    const parts = { portal: true, gateway: true, publication: false }
    const findings = await examine(readSettings(place.variables), parts, Date.now())
    return findings.map(({ text }) => text).filter((text) => text.includes('_SECOND'))
  }

  const admin: ApiClient = await signInFirst(postern, 'admin@acme.example')
  const tally: CallTally = { answered: 0, lost: [], refused: 0 }
  const stop = new AbortController()
  const { signal } = stop
  const clients: {
    name: string
    files: ClientFiles
    identity: ClientIdentity
    token: Awaited<ReturnType<typeof keepToken>>
  }[] = []
  for (const name of environments) {
    const { files } = await issueCertificate(admin, 'acme', name)
    const identity = readIdentity(files)
    const credential = await createTestCredential(admin, 'acme', name)
    await until(
      async () =>
        keepToken(address, { identity, credential }, tally, { environment: name, signal }).catch(
          () => undefined,
        ),
      (token) => {
        if (token !== undefined) clients.push({ name, files, identity, token })
        return token !== undefined
      },
      10,
    )
  }
  const load = clients.flatMap(({ name, identity, token }) => [
    ...[callOverHttp1, callAnew, callOverHttp2].map((call) =>
      call(address, identity, token.read, tally, signal, name),
    ),
    token.ended,
  ])
  const ocsp = await askOcsp(place, clients[0]?.files as ClientFiles, signal)
  load.push(ocsp.ended)
  /** Waits until so many more calls have been answered, and OCSP was asked. */
  const untilMore = async (more = 40) => {
    const [answered, good] = [tally.answered, ocsp.result.good]
    await until(async () => tally.answered - answered > more && ocsp.result.good > good, Boolean, 60)
  }
  await untilMore()

  for (let change = 0; change < changes; change += 1) {
    const next = keys.make()
    // 1. Every process opens with the new key too. Clients learn of the next server CA.
    const server = await makeServerCertificate(`next${change}`)
    keys.give(former, next)
    await replacePortal()
    await untilMore()
    await replaceGateways()
    await untilMore()
    const shown = putInPlace(server)
    await until(
      () => readServerCertificate(productionPort),
      (now) => now === shown,
      60,
    )

    // 2. The new key seals. The portal makes new token keys and responders under it, which gateways open.
    await age(place)
    keys.give(next, former)
    await replacePortal()
    await letHourPass(place)
    await untilMore()
    await replaceGateways()
    await untilMore()
    for (const { token } of clients)
      await until(
        async () => token.keyIds.size,
        (size) => size >= change + 2,
        30,
      )

    // 3. What the former key sealed is sealed anew.
    expect(await listSealers(place, next.authority as Uint8Array, former.authority as Uint8Array)).toEqual(
      new Set(['second']),
    )
    expect((await diagnose()).join()).toMatch(/Sealed under POSTERN_AUTHORITY_KEY_SECOND: \d+ rows/)
    const rewrap = place.run('keys', 'rewrap')
    expect(await rewrap.exitCode, rewrap.output()).toBe(0)
    for (const name of names)
      expect(rewrap.output()).toContain(`needs POSTERN_${name.toUpperCase()}_KEY_SECOND any more`)
    const diagnosis = await diagnose()
    expect(diagnosis).toHaveLength(names.length)
    for (const text of diagnosis) expect(text).toMatch(/^Nothing in the store is sealed under/)

    // 4. The former key is removed.
    keys.give(next)
    await replacePortal()
    await replaceGateways()
    await untilMore()
    expect(await listSealers(place, next.authority as Uint8Array, former.authority as Uint8Array)).toEqual(
      new Set(['first']),
    )
    former = next
  }
  expect((await issueCertificate(admin, 'acme')).certificate.status).toBe('issued')
  await untilMore()
  stop.abort()
  await Promise.all(load)
  const { good, bad, responders } = ocsp.result
  process.stdout.write(
    `${changes} changes of all keys: ${tally.answered} calls and ${good} OCSP requests answered, ${tally.lost.length} calls lost, ${tally.refused} sent again\n`,
  )
  expect(tally.lost).toEqual([])
  expect(bad).toEqual([])
  expect(responders.size).toBeGreaterThan(changes)
  expect(postern.output()).not.toMatch(/master_key_wrong|is not the one they were sealed with/)
  const operator = await signInFirst(postern, 'operator@postern.example')
  const { items } = await operator.call(operations.listAudit, { query: { limit: 200 } })
  const recorded = items.flatMap(({ type, data }) =>
    type === 'sealing_keys.changed' ? [(data as { after: { keys: string[] } }).after.keys] : [],
  )
  expect(new Set(recorded.flat())).toEqual(new Set(names))
  expect(await postern.end()).toBe(0)
  const verified = place.run('audit', 'verify')
  expect(await verified.exitCode, verified.output()).toBe(0)
})
