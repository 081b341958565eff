import { Pool } from 'undici'
import { systemClock } from '../../clock.ts'
import { type ClientTlsFiles, readClientTls } from '../../tls-files/read-client-tls.ts'
import { createConnector } from './connect-upstream.ts'

/** Where allowed requests are forwarded: a URL, optionally over a Unix socket. */
export interface Upstream {
  url: string
  socketPath?: string | undefined
  /** For an upstream with https; `setting` is the one that contains its files. */
  tls?: (ClientTlsFiles & { setting: string }) | undefined
  /** Milliseconds; {@link defaultTimeouts} if undefined. */
  timeouts?: Partial<UpstreamTimeouts> | undefined
  /** The maximum number of open connections. */
  connections: number
  /** Patterns of headers that a client may not send, in addition to those of the table. */
  reservedHeaders?: readonly string[] | undefined
}

/** How long the gateway waits for its upstream and for its client, milliseconds. */
export interface UpstreamTimeouts {
  /** For an established upstream connection, including TLS, or a free existing one. */
  connect: number
  /** From the last byte of the request to the head of the response. */
  answer: number
  /** Idle time within a body, of either side. */
  idle: number
}

export const defaultTimeouts: UpstreamTimeouts = { connect: 5000, answer: 30_000, idle: 60_000 }

/** The maximum bytes of names and values in the head of a response, and in its trailers. */
export const maxHeadBytes = 65_536
/** The maximum number of fields in the head of a response: each costs more over HTTP/2 than its bytes. */
export const maxHeadFields = 1000

/**
 * Opens the connections to an upstream over HTTP/1.1. The name in its certificate is verified. Throws
 * `config_invalid` if a file is unusable.
 */
export function openPool(upstream: Upstream): Pool {
  const { connect, answer, idle } = { ...defaultTimeouts, ...upstream.timeouts }
  return new Pool(new URL(upstream.url).origin, {
    connections: upstream.connections,
    headersTimeout: answer,
    bodyTimeout: idle,
    maxHeaderSize: maxHeadBytes,
    allowH2: false,
    connect: createConnector({
      timeout: connect,
      allowH2: false,
      ...readTls(upstream),
      ...(upstream.socketPath && { socketPath: upstream.socketPath }),
    }),
  })
}

/** Returns the options of a TLS connection to the upstream; an undefined one is omitted. */
export function readTls({ tls }: Upstream): ReturnType<typeof readClientTls> {
  return tls === undefined ? {} : readClientTls(tls.setting, tls, systemClock.now())
}
