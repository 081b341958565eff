import { Readable } from 'node:stream'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { z } from 'zod'
import type { Operation } from '../contract/operation.ts'
import { toEventStream } from './event-stream.ts'
import { CookieReply, type FileReply, type StreamReply } from './handler.ts'
import type { Outcome } from './outcome.ts'

/** What is read of a request to answer it. */
type Asked = Pick<FastifyRequest, 'id' | 'log'>

/**
 * Sends what a handler gave as the operation describes it: members that the description does not have are left out.
 * Throws where something is missing or of another type, before anything is sent: a client never gets half an answer,
 * and the log gets the places that do not fit, without their values.
 */
export async function sendReply(
  operation: Operation,
  { status, headers: described, result }: Outcome,
  { reply, request }: { reply: FastifyReply; request: Asked },
): Promise<void> {
  if (status === 304) return void (await reply.status(status).headers(described).send())
  const cookies = result instanceof CookieReply ? result.cookies : []
  const given = result instanceof CookieReply ? result.body : result
  const { headers, content } = toContent(operation, given, request)
  if (cookies.length > 0) reply.header('set-cookie', cookies)
  await reply
    .status(status)
    .headers({ ...headers, ...described })
    .send(content)
}

interface Content {
  headers: Record<string, string>
  content?: unknown
}

function toContent(operation: Operation, given: unknown, request: Asked): Content {
  const { id, reply } = operation
  if (reply === null) return { headers: {} }
  if ('events' in reply) return toStream(id, reply.events, given as StreamReply, request)
  if ('mediaTypes' in reply) return toFile(id, reply.mediaTypes, given as FileReply)
  return { headers: {}, content: asDescribed(id, reply, given) }
}

/** The headers of an answer that goes on: no proxy may collect it. */
export const streamHeaders = { 'content-type': 'text/event-stream', 'x-accel-buffering': 'no' }

function toStream(
  id: string,
  schema: z.ZodType,
  { events }: StreamReply,
  { id: traceId, log }: Asked,
): Content {
  const write = (event: unknown) => {
    try {
      return asDescribed(id, schema, event)
    } catch (err) {
      log.error({ traceId, err }, 'live answer ended')
      throw err
    }
  }
  return { headers: streamHeaders, content: Readable.from(toEventStream(events, write)) }
}

/** A name that needs no quoting in a header (RFC 6266, 4.3). */
const plainFileName = /^[\w.-]{1,200}$/

function toFile(
  id: string,
  mediaTypes: readonly string[],
  { mediaType, fileName, bytes }: FileReply,
): Content {
  const misfits = [
    ...(mediaTypes.includes(mediaType) ? [] : ['mediaType']),
    ...(plainFileName.test(fileName) ? [] : ['fileName']),
    ...(bytes instanceof Uint8Array ? [] : ['bytes']),
  ]
  if (misfits.length > 0) throw misfit(id, misfits)
  const headers = { 'content-type': mediaType, 'content-disposition': `attachment; filename="${fileName}"` }
  return { headers, content: Buffer.from(bytes) }
}

function asDescribed(id: string, schema: z.ZodType, value: unknown): unknown {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  throw misfit(
    id,
    result.error.issues.map(({ path, code }) => `${path.join('.') || 'the whole'} (${code})`),
  )
}

const maxNamed = 10

const misfit = (id: string, places: string[]): Error =>
  new Error(`The reply of ${id} does not fit its description: ${places.slice(0, maxNamed).join(', ')}`)
