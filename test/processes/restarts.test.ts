import { setTimeout as wait } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { signInFirst } from '../support/api.ts'
import { type CallTally, callAnew, callOverHttp1, callOverHttp2, pauseMs } from '../support/call-load.ts'
import { createTestCredential, fetchToken, issueCertificate, until } from '../support/certificates.ts'
import { readIdentity } from '../support/gateway-client.ts'
import { holdSockets } from '../support/hold-sockets.ts'
import { preparePostern, type RunningPostern } from '../support/postern.ts'
import { findFreePort } from '../support/postgres.ts'
import { clearPlace, countListeners } from '../support/processes.ts'
import { openStreamingUpstream, openStreams } from '../support/stream-load.ts'

const restarts = Number(process.env.POSTERN_RESTARTS ?? 3)

/** Stops one gateway process as an orchestrator does, and waits until another has replaced it. */
async function restartOne(postern: RunningPostern, pid: number, port: number): Promise<void> {
  process.kill(pid, 'SIGTERM')
  await until(
    async () => {
      const now = postern.findProcesses('gateway-process')
      return now.length === 2 && !now.includes(pid) && countListeners(port, now) === 2
    },
    Boolean,
    60,
  )
}

test(`no request is lost while gateways are restarted one by one, ${restarts} times`, {
  timeout: 180_000 + restarts * 10_000,
}, async () => {
  const place = await preparePostern({ config: { gateway: { processes: 2 } } })
  onTestFinished(() => clearPlace(place))
  const postern = await place.start()
  const admin = await signInFirst(postern, 'admin@acme.example')
  const { files } = await issueCertificate(admin, 'acme')
  const token = await fetchToken(postern, files, await createTestCredential(admin, 'acme'))
  const identity = readIdentity(files)
  const [, , port] = place.ports

  const record: CallTally = { answered: 0, lost: [], refused: 0 }
  const stop = new AbortController()
  const load = [callOverHttp1, callOverHttp1, callOverHttp1, callOverHttp2, callOverHttp2, callAnew].map(
    (call) => call(postern, identity, token, record, stop.signal),
  )
  /** Waits until so many more calls have been answered. */
  const untilAnswered = (more: number) => {
    const goal = record.answered + more
    return until(
      async () => record.answered,
      (answered) => answered >= goal,
      30,
    )
  }
  for (let restart = 0; restart < restarts; restart += 1) {
    await untilAnswered(100)
    const [pid] = postern.findProcesses('gateway-process')
    await restartOne(postern, pid as number, port as number)
  }
  await untilAnswered(100)
  stop.abort()
  await Promise.all(load)
  process.stdout.write(
    `${restarts} restarts: ${record.answered} calls answered, ${record.lost.length} lost, ${record.refused} sent again\n`,
  )
  expect(record.lost).toEqual([])
  expect(record.answered).toBeGreaterThan(restarts * 50)
})

test(`no call or connection is lost, and every stream can be opened, while the whole tree is restarted on sockets that outlive it, ${restarts} times`, {
  timeout: 180_000 + restarts * 60_000,
}, async () => {
  await using upstream = await openStreamingUpstream()
  const environment = (name: string, port: number) => ({ [name]: { port, upstream: upstream.url } })
  const sockets: number[] = []
  const place = await preparePostern({
    config: {
      gateway: { processes: 2, drainSeconds: 20 },
      environments: { ...environment('production', 8443), ...environment('staging', 8444) },
    },
    sockets,
  })
  onTestFinished(() => clearPlace(place))
  sockets.push(...holdSockets(place.ports))
  let postern = await place.start()
  const admin = await signInFirst(postern, 'admin@acme.example')
  const { files } = await issueCertificate(admin, 'acme')
  const token = await fetchToken(postern, files, await createTestCredential(admin, 'acme'))
  const identity = readIdentity(files)

  const record = { answered: 0, lost: [] as string[], refused: 0, streams: 0, ended: 0, portal: 0 }
  const stop = new AbortController()
  const askPortal = async () => {
    while (!stop.signal.aborted) {
      const answer = await fetch(`${place.portalUrl.replace('localhost', '127.0.0.1')}/healthz`, {
        headers: { connection: 'close' },
      }).catch((error: Error) => ({ status: String(error.cause ?? error) }))
      if (answer.status === 200) record.portal += 1
      else record.lost.push(`portal ${answer.status}`)
      await wait(pauseMs)
    }
  }
  const calls = [callOverHttp1, callOverHttp1, callOverHttp2, callAnew]
  const load = [
    ...calls.map((call) => call(postern, identity, token, record, stop.signal)),
    openStreams(postern, { identity, token }, record, stop.signal),
    askPortal(),
  ]
  const untilMore = async () => {
    const { answered, streams, portal } = record
    await until(
      async () => record,
      (now) => now.answered > answered + 50 && now.streams > streams + 1 && now.portal > portal,
      60,
    )
  }
  for (let restart = 0; restart < restarts; restart += 1) {
    await untilMore()
    expect(await postern.end()).toBe(0)
    postern = await place.start()
  }
  await untilMore()
  stop.abort()
  await Promise.all(load)
  process.stdout.write(
    `${restarts} restarts of the tree: ${record.answered} calls, ${record.streams} streams (${record.ended} ended by a stop) and ${record.portal} requests to the portal answered, ${record.lost.length} lost, ${record.refused} sent again\n`,
  )
  expect(record.lost).toEqual([])
})

test('Postern refuses a socket of a port that it does not listen on', async () => {
  const sockets: number[] = []
  const place = await preparePostern({ sockets })
  onTestFinished(() => clearPlace(place))
  sockets.push(...holdSockets([await findFreePort()]))
  const { exitCode, output } = place.run('serve', '--gateway')
  expect(await exitCode).toBe(1)
  expect(output()).toMatch(/systemd passes a socket of port \d+, which this part does not listen on/)
})
