import { Pool } from 'undici'
import { systemClock } from '../../clock.ts'
import { type ClientTlsFiles, readClientTls } from '../../tls-files/read-client-tls.ts'
import { createConnector } from './connect-upstream.ts'

/** Where calls that pass go: a URL, on wish over a socket in the file system. */
export interface Upstream {
  url: string
  socketPath?: string | undefined
  /** For an upstream with https; `setting` is the one that its files stand under. */
  tls?: (ClientTlsFiles & { setting: string }) | undefined
  /** Milliseconds; those of {@link defaultTimeouts} where not given. */
  timeouts?: Partial<UpstreamTimeouts> | undefined
  /** Connections that may be open to it at once. */
  connections: number
  /** Patterns of headers that a client may not send, beside those of the table. */
  reservedHeaders?: readonly string[] | undefined
}

/** How long the gateway waits for its upstream and for its client, milliseconds. */
export interface UpstreamTimeouts {
  /** Until a connection to the upstream stands, its TLS included, or one of those that stand is free. */
  connect: number
  /** From the last byte of the request to the head of the answer. */
  answer: number
  /** Silence in the middle of a body, of either side. */
  idle: number
}

export const defaultTimeouts: UpstreamTimeouts = { connect: 5000, answer: 30_000, idle: 60_000 }

/** Bytes of names and values that the head of an answer may have, and its trailers. */
export const mostHeadBytes = 65_536
/** Fields that the head of an answer may have: each costs more over HTTP/2 than its bytes. */
export const mostHeadFields = 1000

/** The connections to an upstream. The name in its certificate is verified; HTTP/1.1 is spoken. Throws `config_invalid` where a file cannot be used. */
export function openPool(upstream: Upstream): Pool {
  const { connect, answer, idle } = { ...defaultTimeouts, ...upstream.timeouts }
  return new Pool(new URL(upstream.url).origin, {
    connections: upstream.connections,
    headersTimeout: answer,
    bodyTimeout: idle,
    maxHeaderSize: mostHeadBytes,
    allowH2: false,
    connect: createConnector({
      timeout: connect,
      allowH2: false,
      ...readTls(upstream),
      ...(upstream.socketPath && { socketPath: upstream.socketPath }),
    }),
  })
}

/** What a TLS connection to the upstream is made with; nothing that is not set. */
export function readTls({ tls }: Upstream): ReturnType<typeof readClientTls> {
  return tls === undefined ? {} : readClientTls(tls.setting, tls, systemClock.now())
}
