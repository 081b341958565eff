import { PosternError } from '../errors.ts'
import type { Exchange } from './exchange.ts'
import { watchSilence } from './watch-silence.ts'

const mostBodyBytes = 16_384
const silenceMilliseconds = 10_000

/** The body of a request to one of the gateway's own addresses. Throws `body_too_large` above 16 KiB, and `client_gone`. */
export function readBody(exchange: Exchange): Promise<Uint8Array> {
  exchange.body ??= read(exchange)
  return exchange.body
}

async function read(exchange: Exchange): Promise<Uint8Array> {
  const { request, response } = exchange
  if (request.headers.expect !== undefined) response.writeContinue()
  watchSilence(exchange, silenceMilliseconds)
  const chunks: Uint8Array[] = []
  let size = 0
  try {
    for await (const chunk of request) {
      size += chunk.length
      if (size > mostBodyBytes) break
      chunks.push(chunk)
    }
  } catch {
    throw new PosternError('client_gone', 'The client broke the connection off in the middle of its request.')
  }
  if (size <= mostBodyBytes) return Buffer.concat(chunks)
  throw new PosternError(
    'body_too_large',
    'The body of a request to this address has at most 16 KiB. Send what it asks for alone.',
  )
}
