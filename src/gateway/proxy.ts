import { type Dispatcher, Pool } from 'undici'
import type { ErrorCode } from '../contract/error-codes.ts'
import { closingHeader, type Exchange, isHttp2 } from './exchange.ts'
import { toClientHeaders, toUpstreamHeaders } from './upstream-headers.ts'

const connectMilliseconds = 5000
const answerMilliseconds = 30_000
const silenceMilliseconds = 60_000
const mostConnections = 256

/** Where calls that pass go: a URL, on wish over a socket in the file system. */
export interface Upstream {
  url: string
  socketPath?: string | undefined
}

/** How a call went at the upstream: its status, or why there is none. */
export type ForwardOutcome = { status: number } | { code: ErrorCode; detail: string }

type Settle = (outcome: ForwardOutcome) => void

/**
 * Sends calls on, both bodies as streams: neither side is read faster than the other takes it.
 * Nothing is sent twice: a call that fails on the way may have had its effect.
 */
export function createProxy(upstream: Upstream, timeouts: { answer?: number; silence?: number } = {}) {
  const url = new URL(upstream.url)
  const basePath = url.pathname.replace(/\/+$/, '')
  const pool = new Pool(url.origin, {
    connections: mostConnections,
    headersTimeout: timeouts.answer ?? answerMilliseconds,
    bodyTimeout: timeouts.silence ?? silenceMilliseconds,
    connect: {
      timeout: connectMilliseconds,
      ...(upstream.socketPath && { socketPath: upstream.socketPath }),
    },
  })

  return {
    /**
     * Forwards a call and streams the answer. Done when the head of the answer is on its way, or
     * when it is clear that there will be none: then nothing has been answered yet.
     */
    forward(exchange: Exchange, chain: readonly Uint8Array[]): Promise<ForwardOutcome> {
      const { request } = exchange
      return new Promise((settle) => {
        const options: Dispatcher.DispatchOptions = {
          path: basePath + (request.url ?? '/'),
          method: exchange.method,
          headers: toUpstreamHeaders(exchange, { host: url.host, chain }),
          body: hasBody(exchange) ? request : null,
        }
        try {
          pool.dispatch(options, createHandler(exchange, settle))
        } catch (error) {
          settle(explain(error as NodeJS.ErrnoException))
        }
      })
    },
    close: () => pool.destroy(),
  }
}

export type UpstreamProxy = ReturnType<typeof createProxy>

function hasBody(exchange: Exchange): boolean {
  const { headers } = exchange.request
  if (isHttp2(exchange))
    return !(exchange.request as unknown as { stream: { endAfterHeaders: boolean } }).stream.endAfterHeaders
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
}

function createHandler(exchange: Exchange, settle: Settle): Dispatcher.DispatchHandler {
  const { response } = exchange
  let answered = false
  let abandon = () => {}
  response.once('close', () => abandon())

  return {
    onRequestStart(controller) {
      abandon = () => {
        if (!response.writableFinished) controller.abort(new Error('the client has gone'))
      }
      if (response.destroyed) abandon()
      else if (exchange.request.headers.expect !== undefined) response.writeContinue()
    },
    onResponseStart(controller, status, headers) {
      // Interim answers (RFC 9110, 15.2) end here.
      if (status < 200) return
      answered = true
      response.on('drain', () => controller.resume())
      writeHead(exchange, status, toClientHeaders(headers))
      settle({ status })
    },
    onResponseData(controller, chunk) {
      if (!response.write(chunk)) controller.pause()
    },
    onResponseEnd() {
      response.end()
    },
    onResponseError(_controller, error) {
      // Half an answer cannot be taken back: cutting it off is how the client learns.
      if (answered) response.destroy()
      settle(explain(error as NodeJS.ErrnoException))
    },
  }
}

function writeHead(exchange: Exchange, status: number, headers: Record<string, string | string[]>): void {
  const { response, traceId } = exchange
  response.writeHead(status, { ...headers, 'postern-trace-id': traceId, ...closingHeader(exchange) })
  // The client sees what comes as soon as it comes, also of an answer that starts slowly.
  response.flushHeaders()
}

function explain({ code }: NodeJS.ErrnoException): ForwardOutcome {
  if (
    code === 'UND_ERR_HEADERS_TIMEOUT' ||
    code === 'UND_ERR_BODY_TIMEOUT' ||
    code === 'UND_ERR_CONNECT_TIMEOUT'
  ) {
    return {
      code: 'upstream_timeout',
      detail:
        'The service behind the gateway did not answer in time. The call may have had its effect: check before you repeat it.',
    }
  }
  return {
    code: 'upstream_unavailable',
    detail: 'The service behind the gateway could not be reached, or broke off. Try again later.',
  }
}
