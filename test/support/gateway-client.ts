import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { Agent, request } from 'node:https'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import type { ClientFiles } from './certificates.ts'
import type { RunningPostern } from './postern.ts'

/** The time-out of a request where no other is given. */
const defaultWaitMs = 60_000

/** A certificate with its key, PEM. */
export interface ClientIdentity {
  cert: string
  key: string
}

/** The gateway's response; status 0 and the system's error code if the connection broke. */
export interface GatewayAnswer {
  status: number
  code: string
  text: string
  /** Whether the gateway announced that it closes the connection. */
  isLast: boolean
}

/** Reads the files of a client. */
export const readIdentity = ({ folder, keyFile, certificateFile }: ClientFiles): ClientIdentity => ({
  cert: readFileSync(join(folder, certificateFile), 'utf8'),
  key: readFileSync(join(folder, keyFile), 'utf8'),
})

/**
 * Creates a client of the gateway with its own connections; `keepAlive` keeps one open for all requests, each of which
 * waits for `maxWaitMs`.
 */
export function createGatewayClient(
  postern: Pick<RunningPostern, 'gateways' | 'serverCaFile'>,
  identity: ClientIdentity,
  { keepAlive = false, environment = 'production', maxWaitMs = defaultWaitMs } = {},
) {
  const agent = new Agent({
    keepAlive,
    maxSockets: keepAlive ? 1 : Number.POSITIVE_INFINITY,
    ca: readFileSync(postern.serverCaFile),
    ...identity,
  })
  return {
    async get(path: string, token?: string): Promise<GatewayAnswer> {
      const headers = token === undefined ? {} : { authorization: `Bearer ${token}` }
      try {
        const asked = request(`${postern.gateways[environment]}${path}`, {
          agent,
          headers,
          signal: AbortSignal.timeout(maxWaitMs),
        })
        asked.end()
        const [response] = await once(asked, 'response')
        let text = ''
        for await (const chunk of response) text += chunk
        const isLast = response.headers.connection === 'close'
        return { status: response.statusCode, code: JSON.parse(text).code ?? '', text, isLast }
      } catch (error) {
        const code = (error as NodeJS.ErrnoException).code ?? String(error)
        return { status: 0, code, text: '', isLast: true }
      }
    },
    close: () => agent.destroy(),
  }
}

/** The results of a client's repeated requests. */
export interface CallRecord {
  /** When each response with status 200 arrived, milliseconds since 1970. */
  answeredAt: number[]
  /** When a connection broke during a request, and how often that request was retried on a new one. */
  broken: { at: number; retries: number }[]
  /** The status and code of every other response. */
  failures: string[]
}

/**
 * Sends requests to `/payments` over one keep-alive connection until it is stopped. If the connection breaks,
 * the request is retried on a new one, at most `retries` times.
 */
export function startCallLoop(
  postern: RunningPostern,
  identity: ClientIdentity,
  { token, retries = 0, pauseMs = 10 }: { token: string; retries?: number; pauseMs?: number },
) {
  const client = createGatewayClient(postern, identity, { keepAlive: true })
  const record: CallRecord = { answeredAt: [], broken: [], failures: [] }
  let stopped = false

  const callOnce = async (): Promise<void> => {
    let brokenAt: number | undefined
    for (let tries = 0; ; tries++) {
      const { status, code } = await client.get('/payments', token)
      if (status === 0 && tries < retries) {
        brokenAt ??= Date.now()
        continue
      }
      if (status === 200) record.answeredAt.push(Date.now())
      else record.failures.push(`${status} ${code}`)
      if (brokenAt !== undefined) record.broken.push({ at: brokenAt, retries: tries })
      return
    }
  }
  const run = async (): Promise<void> => {
    while (!stopped) {
      await callOnce()
      await wait(pauseMs)
    }
    client.close()
  }
  const ended = run()
  return {
    record,
    async stop(): Promise<CallRecord> {
      stopped = true
      await ended
      return record
    },
  }
}
