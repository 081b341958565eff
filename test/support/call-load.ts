import { readFileSync } from 'node:fs'
import { type ClientHttp2Session, connect as connectHttp2, constants } from 'node:http2'
import { setTimeout as wait } from 'node:timers/promises'
import { type ClientIdentity, createGatewayClient } from './gateway-client.ts'
import type { RunningPostern } from './postern.ts'

/** For hundreds of calls in a second, and time for the processes that start. */
export const pauseMs = 5

/** For the start of a host whose sockets outlive it, on a machine where everything else runs too: calls wait for that. */
const maxWaitMs = 300_000

/** An access token, or what gives the present one. */
export type Token = string | (() => string)

const tokenOf = (token: Token): string => (typeof token === 'string' ? token : token())

/** What became of calls that go on all the time. */
export interface CallTally {
  answered: number
  lost: string[]
  /** The number of streams that were refused before they were processed. */
  refused: number
}

/** Sends requests one after another over keep-alive connections, and replaces each that is closed. */
export async function callOverHttp1(
  postern: Pick<RunningPostern, 'gateways' | 'serverCaFile'>,
  identity: ClientIdentity,
  token: Token,
  record: CallTally,
  signal: AbortSignal,
  environment = 'production',
) {
  while (!signal.aborted) {
    const client = createGatewayClient(postern, identity, { keepAlive: true, environment, maxWaitMs })
    for (let isLast = false; !isLast && !signal.aborted; ) {
      const answer = await client.get('/payments', tokenOf(token))
      isLast = answer.isLast
      if (answer.status === 200) record.answered += 1
      else record.lost.push(`HTTP/1.1 ${answer.status} ${answer.code}`)
      await wait(pauseMs)
    }
    client.close()
  }
}

/** Sends each request on a new connection. */
export async function callAnew(
  postern: Pick<RunningPostern, 'gateways' | 'serverCaFile'>,
  identity: ClientIdentity,
  token: Token,
  record: CallTally,
  signal: AbortSignal,
  environment = 'production',
) {
  while (!signal.aborted) {
    const client = createGatewayClient(postern, identity, { environment, maxWaitMs })
    const answer = await client.get('/payments', tokenOf(token))
    if (answer.status === 200) record.answered += 1
    else record.lost.push(`anew ${answer.status} ${answer.code}`)
    client.close()
    await wait(pauseMs)
  }
}

/** Sends HTTP/2 requests, two at a time; after GOAWAY on another connection, while the open requests end. */
export async function callOverHttp2(
  postern: Pick<RunningPostern, 'gateways' | 'serverCaFile'>,
  identity: ClientIdentity,
  token: Token,
  record: CallTally,
  signal: AbortSignal,
  environment = 'production',
) {
  let session: ClientHttp2Session | undefined
  const open = (): ClientHttp2Session => {
    if (session !== undefined && !session.closed && !session.destroyed) return session
    const tls = { ...identity, ca: readFileSync(postern.serverCaFile) }
    const opened = connectHttp2(postern.gateways[environment] as string, tls)
    opened.on('error', () => {})
    opened.on('goaway', () => {
      if (session === opened) session = undefined
      opened.close()
    })
    session = opened
    return opened
  }
  const one = async (): Promise<void> => {
    while (!signal.aborted) {
      const stream = open().request({ ':path': '/payments', authorization: `Bearer ${tokenOf(token)}` })
      let status: number | undefined
      stream.on('error', () => {})
      stream.once('response', (headers) => {
        status = headers[':status']
      })
      stream.resume()
      await new Promise((resolve) => stream.once('close', resolve))
      // RFC 9113, section 8.7: a refused stream was not processed, and is retried.
      if (status === 200) record.answered += 1
      else if (stream.rstCode === constants.NGHTTP2_REFUSED_STREAM) record.refused += 1
      else record.lost.push(`HTTP/2 ${status} ${stream.rstCode}`)
      await wait(pauseMs)
    }
  }
  await Promise.all([one(), one()])
  session?.destroy()
}
