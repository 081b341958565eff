import { createHash } from 'node:crypto'
import { PosternError } from '../../errors.ts'
import { isGone, type RequestContext } from '../request-context/request-context.ts'
import { hasBody } from './assert-framing.ts'
import { sendContinue } from './send-continue.ts'
import { createSilenceWatch } from './watch-silence.ts'

const silenceMs = 10_000
const maxWaitMs = 60_000

/** A body that was read completely before the request is forwarded. */
export interface BufferedBody {
  content: Uint8Array
  /** `Content-Digest` (RFC 9530, section 2). */
  digest: string
  /** Releases its space, after it was sent or is no longer needed. */
  release(): void
}

/** The bytes of buffered bodies per gateway process: of all organizations, and of one. */
export interface BodyRoom {
  bytes: number
  share: number
}

/** The space for bodies: bytes are reserved per organization and released. */
export interface BodySpace {
  take(organizationId: string, bytes: number): boolean
  giveBack(organizationId: string, bytes: number): void
}

/** Counts the bytes of all buffered bodies. */
export function createBodySpace({ bytes, share }: BodyRoom): BodySpace {
  const taken = new Map<string, number>()
  let all = 0
  return {
    take(organizationId, more) {
      const own = (taken.get(organizationId) ?? 0) + more
      if (own > share || all + more > bytes) return false
      taken.set(organizationId, own)
      all += more
      return true
    },
    giveBack(organizationId, less) {
      const own = (taken.get(organizationId) ?? 0) - less
      if (own > 0) taken.set(organizationId, own)
      else taken.delete(organizationId)
      all -= less
    },
  }
}

/**
 * Reads the complete body of an authorized request for its digest. Throws `body_too_large` above `maxBytes`,
 * `too_many_requests` if the buffered bodies leave no space, and `client_gone`.
 */
export async function bufferBody(
  context: RequestContext,
  organizationId: string,
  { maxBytes, space }: { maxBytes: number; space: BodySpace },
): Promise<BufferedBody> {
  if (!hasBody(context)) return empty
  const { request } = context
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) throw tooLarge(maxBytes)
  let size = 0
  const release = () => {
    space.giveBack(organizationId, size)
    size = 0
  }
  sendContinue(context)
  createSilenceWatch(context, silenceMs)()
  const chunks = await readChunks(context, (length) => {
    if (size + length > maxBytes) return tooLarge(maxBytes)
    if (!space.take(organizationId, length)) return noSpace()
    size += length
    return undefined
  }).catch((error) => {
    release()
    throw error
  })
  const content = Buffer.concat(chunks, size)
  return { content, digest: digestOf(content), release }
}

/** Reads the chunks of a body, until one of them is rejected. */
function readChunks(
  context: RequestContext,
  findProblem: (length: number) => PosternError | undefined,
): Promise<Uint8Array[]> {
  const { request, response } = context
  return new Promise((resolve, reject) => {
    const chunks: Uint8Array[] = []
    const deadline = setTimeout(() => response.destroy(), maxWaitMs)
    const end = (settle: () => void): void => {
      clearTimeout(deadline)
      request.off('data', onData)
      settle()
    }
    const onData = (chunk: Uint8Array): void => {
      const problem = findProblem(chunk.length)
      if (problem === undefined) return void chunks.push(chunk)
      request.pause()
      end(() => reject(problem))
    }
    request.on('data', onData)
    request.once('end', () => end(() => resolve(chunks)))
    response.once('close', () => end(() => reject(gone())))
    if (isGone(context)) end(() => reject(gone()))
  })
}

const tooLarge = (maxBytes: number) =>
  new PosternError(
    'body_too_large',
    `The body of a call has at most ${maxBytes / 1024} KiB here, since its digest is signed before it is sent on. Send less at once.`,
  )

const noSpace = () =>
  new PosternError(
    'too_many_requests',
    'Too many bodies are being received at the moment. Send fewer at once, and this one again in a moment.',
  )

const gone = () =>
  new PosternError('client_gone', 'The client broke the connection off in the middle of its request.')

const digestOf = (content: Uint8Array): string =>
  `sha-256=:${createHash('sha256').update(content).digest('base64')}:`

const empty: BufferedBody = {
  content: new Uint8Array(),
  digest: digestOf(new Uint8Array()),
  release: () => {},
}
