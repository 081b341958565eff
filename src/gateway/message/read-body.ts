import { PosternError } from '../../errors.ts'
import { isHttp2, type RequestContext } from '../request-context/request-context.ts'
import { sendContinue } from './send-continue.ts'

const maxBodyBytes = 16_384
const maxWaitMs = 10_000

/** Bodies that are being read, or have been: each can be read once, and more than one step may want it. */
const readings = new WeakMap<RequestContext['request'], Promise<Uint8Array>>()

/**
 * Reads the body of a request to one of the gateway's own paths. Throws `body_too_large` above 16 KiB,
 * `request_too_slow` if it is incomplete after ten seconds, and `client_gone`.
 */
export function readBody(context: RequestContext): Promise<Uint8Array> {
  const known = readings.get(context.request)
  if (known !== undefined) return known
  const reading = read(context)
  readings.set(context.request, reading)
  return reading
}

async function read(context: RequestContext): Promise<Uint8Array> {
  const { request } = context
  if (Number(request.headers['content-length'] ?? 0) > maxBodyBytes) throw tooLarge()
  sendContinue(context)
  const chunks: Uint8Array[] = []
  let size = 0
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      if (!isHttp2(context)) context.connection.closing = true
      refuse(tooSlow())
    }, maxWaitMs)
    const stop = () => {
      clearTimeout(timer)
      request.off('data', onData).off('end', onEnd).off('close', onClose)
    }
    const refuse = (error: PosternError) => {
      stop()
      request.pause()
      reject(error)
    }
    const onData = (chunk: Uint8Array) => {
      size += chunk.length
      if (size > maxBodyBytes) refuse(tooLarge())
      else chunks.push(chunk)
    }
    const onEnd = () => {
      stop()
      resolve(Buffer.concat(chunks))
    }
    const onClose = () => refuse(gone())
    request.on('data', onData).once('end', onEnd).once('close', onClose)
    if (request.destroyed) onClose()
  })
}

const tooLarge = () =>
  new PosternError(
    'body_too_large',
    'The body of a request to this address has at most 16 KiB. Send what it asks for alone.',
  )
const tooSlow = () =>
  new PosternError(
    'request_too_slow',
    'The body of the request was not complete within ten seconds. Send it at once, and as long as Content-Length says.',
  )
const gone = () =>
  new PosternError('client_gone', 'The client broke the connection off in the middle of its request.')
