import { constants, type ServerHttp2Stream } from 'node:http2'
import { type Exchange, isHttp2 } from '../request-context/exchange.ts'

/**
 * Ends an answer in the middle so that its client learns that there was more: the connection of HTTP/1.1 is
 * destroyed. A stream of HTTP/2 ends with an error; one that is merely destroyed looks like the whole answer.
 */
export function cutOff(exchange: Exchange): void {
  const { response } = exchange
  if (!isHttp2(exchange)) return void response.destroy()
  const { stream } = response as unknown as { stream: ServerHttp2Stream | undefined }
  stream?.close(constants.NGHTTP2_INTERNAL_ERROR)
}
