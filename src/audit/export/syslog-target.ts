import { connect as connectPlain, isIP, type Socket } from 'node:net'
import { connect as connectSecure } from 'node:tls'
import { PosternError } from '../../errors.ts'
import { type ClientTlsFiles, readClientTls } from '../../tls-files/read-client-tls.ts'
import { formatCheckpoint } from '../checkpoint.ts'
import { formatSyslog, frameSyslog } from '../syslog-message.ts'
import { type ExportItem, formatItem } from './export-item.ts'
import type { Delivery, ExportTarget } from './export-target.ts'
import { formatCef } from './format-cef.ts'

/** A syslog server that gets every row of the audit log. */
export interface SyslogCollector {
  host: string
  port: number
  /** TLS (RFC 5425) or nothing (RFC 6587); the length stands before each message either way. */
  transport: 'tls' | 'tcp'
  tls: ClientTlsFiles
  format: 'json' | 'cef'
}

/** How long a collector may do nothing: not connect, not read, not end the connection. */
const usualPatienceMs = 15_000

/**
 * Creates a target that sends items to a syslog server. Syslog has no acknowledgment. Each delivery has a connection of its
 * own, which Postern ends: a collector that ends it in turn (RFC 5425, section 4.4) has read everything before.
 */
export function createSyslogTarget(
  collector: SyslogCollector,
  now: () => number,
  patienceMs = usualPatienceMs,
): ExportTarget {
  return {
    async open(signal) {
      const socket = await connect(collector, { now: now(), signal, patienceMs })
      return deliverTo(socket, collector, patienceMs)
    },
  }
}

/** Connects and ends the connection without sending anything. Returns one sentence if the collector cannot be used. */
export async function findCollectorProblem(
  collector: SyslogCollector,
  now: number,
  patienceMs = usualPatienceMs,
): Promise<string | undefined> {
  const target = createSyslogTarget(collector, () => now, patienceMs)
  try {
    await (await target.open(new AbortController().signal)).finish()
    return undefined
  } catch (error) {
    if (error instanceof PosternError && error.code !== 'config_invalid') return error.message
    throw error
  }
}

interface Connecting {
  now: number
  signal: AbortSignal
  patienceMs: number
}

async function connect(collector: SyslogCollector, { now, signal, patienceMs }: Connecting): Promise<Socket> {
  const { host, port, transport, tls } = collector
  signal.throwIfAborted()
  const { promise, resolve, reject } = Promise.withResolvers<Socket>()
  const socket =
    transport === 'tcp'
      ? connectPlain({ host, port }, () => resolve(socket))
      : connectSecure(
          {
            host,
            port,
            ...(isIP(host) === 0 && { servername: host }),
            ...readClientTls('audit.export.syslog', tls, now),
            // Overrides NODE_TLS_REJECT_UNAUTHORIZED.
            rejectUnauthorized: true,
            minVersion: 'TLSv1.2',
          },
          () => resolve(socket),
        )
  socket.setTimeout(patienceMs, () =>
    socket.destroy(new Error(`it did nothing for ${patienceMs / 1000} seconds`)),
  )
  const stop = () => socket.destroy(new Error('Postern stops'))
  signal.addEventListener('abort', stop, { once: true })
  socket.once('close', () => signal.removeEventListener('abort', stop))
  socket.on('error', (error) => reject(unusable(collector, error)))
  return promise
}

function deliverTo(socket: Socket, collector: SyslogCollector, patienceMs: number): Delivery {
  let isEnding = false
  let isEnded = false
  const closed = Promise.withResolvers<void>()
  // Whoever waits for it is told; nobody may wait when it happens.
  closed.promise.catch(() => {})
  socket.once('error', (error) => closed.reject(unusable(collector, error)))
  socket.once('end', () => {
    isEnded = true
    if (!isEnding)
      closed.reject(unusable(collector, new Error('it ended the connection before it had everything')))
  })
  socket.once('close', () => {
    if (isEnded && isEnding) closed.resolve()
    else closed.reject(unusable(collector, new Error('the connection broke')))
  })
  // What a collector answers has no meaning.
  socket.resume()
  socket.setTimeout(0)
  return {
    async write(items) {
      const octets = Buffer.concat(items.map((item) => frameSyslog(toMessage(item, collector.format))))
      socket.setTimeout(patienceMs)
      const written = new Promise<void>((resolve) => socket.write(octets, () => resolve()))
      await Promise.race([written, closed.promise])
      socket.setTimeout(0)
    },
    async finish() {
      isEnding = true
      socket.setTimeout(patienceMs)
      socket.end()
      await closed.promise
    },
    abort: () => void socket.destroy(),
  }
}

function toMessage(item: ExportItem, format: SyslogCollector['format']): Buffer {
  if (item.kind === 'entry') {
    const { sequence, time } = item.entry
    const text = format === 'cef' ? formatCef(item) : formatItem(item)
    return formatSyslog({ at: Date.parse(time), kind: 'audit', sequence, text })
  }
  const { checkpoint } = item
  const text = format === 'cef' ? formatCef(item) : formatCheckpoint(checkpoint)
  return formatSyslog({ at: checkpoint.at, kind: 'audit-checkpoint', text })
}

const certificateErrors = /^(CERT_|UNABLE_TO_|DEPTH_ZERO|SELF_SIGNED|ERR_TLS_CERT)/

function unusable({ host, port }: SyslogCollector, error: NodeJS.ErrnoException): PosternError {
  const isCertificate = certificateErrors.test(error.code ?? '')
  const what = isCertificate
    ? `has a certificate that is not trusted (${error.code}). Name its CA with audit.export.syslog.ca`
    : `cannot be used: ${error.message}. Start it, or correct audit.export.syslog`
  return new PosternError('unavailable', `The syslog server ${host}:${port} ${what}.`, { cause: error })
}
