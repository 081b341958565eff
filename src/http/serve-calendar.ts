import { createHash } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import { PosternError } from '../errors.ts'
import { isNoneMatch, readEntityTags } from './entity-tag.ts'
import { answerHeaders } from './security-headers.ts'
import type { NamedRoute } from './serve-scim.ts'

/** The address of a calendar, whose last part is a secret: logs, traces and metrics have this pattern alone. */
export const calendarPath = '/calendar/:file'

const extension = '.ics'

/**
 * Serves calendars by their secret address, which is all that a calendar program can send. An address that leads nowhere,
 * or nowhere any more, is `not_found`, and strangers are limited by their address before that is looked up.
 */
export function serveCalendar(
  server: FastifyInstance,
  read: (token: string) => Promise<string | undefined>,
): void {
  server.get(
    calendarPath,
    { helmet: answerHeaders, config: { name: 'readCalendar' } satisfies NamedRoute },
    async (request, reply) => {
      const { file } = request.params as { file: string }
      const headers = new Headers()
      const given = request.headers['if-none-match']
      if (given !== undefined) headers.set('if-none-match', given)
      const known = readEntityTags(headers, 'if-none-match')
      const text = file.endsWith(extension) ? await read(file.slice(0, -extension.length)) : undefined
      if (text === undefined)
        throw new PosternError(
          'not_found',
          'There is no such calendar, or it was deleted. Create a calendar feed in the portal.',
        )
      const tag = `"${createHash('sha256').update(text).digest('base64url').slice(0, 24)}"`
      reply
        .header('etag', tag)
        // A copy for the program alone, which asks each time whether it still is the calendar.
        .header('cache-control', 'private, no-cache')
        .header('referrer-policy', 'no-referrer')
      if (known !== undefined && !isNoneMatch(known, tag)) return reply.status(304).send()
      return reply.type('text/calendar; charset=utf-8').send(text)
    },
  )
}
