import { constants, type ServerHttp2Stream } from 'node:http2'
import { isHttp2, type RequestContext } from '../request-context/request-context.ts'

/**
 * Ends a response early so that its client detects that it is incomplete: an HTTP/1.1 connection is
 * destroyed. An HTTP/2 stream ends with an error; one that is merely destroyed looks complete.
 */
export function cutOff(context: RequestContext): void {
  const { response } = context
  if (!isHttp2(context)) return void response.destroy()
  const { stream } = response as unknown as { stream: ServerHttp2Stream | undefined }
  stream?.close(constants.NGHTTP2_INTERNAL_ERROR)
}
