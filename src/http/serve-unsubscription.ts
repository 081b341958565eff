import type { FastifyInstance } from 'fastify'
import { PosternError } from '../errors.ts'
import type { Actor } from '../shapes/actor.ts'
import { getClientAddress } from './client-address.ts'
import { answerHeaders } from './security-headers.ts'
import type { NamedRoute } from './serve-scim.ts'

/** The address in the header of an email, whose last part is a secret: logs, traces and metrics have this pattern alone. */
export const unsubscriptionPath = '/unsubscribe/:token'
export const unsubscriptionMethods = ['GET', 'HEAD', 'POST']

/** RFC 8058, section 3.2: what a mail program sends, as a form of either kind. */
const oneClick = [
  /^List-Unsubscribe=One-Click$/m,
  /^content-disposition: form-data; name="?List-Unsubscribe"?\r?\n\r?\nOne-Click\r?$/im,
]
const maxFormBytes = 4096

/** Unsubscribes the address of a token. */
export type Unsubscribe = (token: string, actor: Actor) => Promise<{ email: string; legalName: string }>

/**
 * Serves the address in the header `List-Unsubscribe` of emails. Opening it changes nothing, because filters of mail
 * open links: it leads to the page with a button, where the token is in the fragment. A POST with what RFC 8058 demands
 * unsubscribes, without a session. Strangers are limited by their address before anything is looked up.
 */
export function serveUnsubscription(
  server: FastifyInstance,
  { unsubscribe, portalUrl }: { unsubscribe: Unsubscribe; portalUrl: string },
): void {
  server.register((scope, _, ready) => {
    // Only here: a form of another site can be sent without a preflight request, and this address reads no cookie.
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('*', { parseAs: 'string', bodyLimit: maxFormBytes }, (_, body, done) =>
      done(null, body),
    )
    const config = { name: 'unsubscribe' } satisfies NamedRoute
    scope.get(unsubscriptionPath, { helmet: answerHeaders, config }, async (request, reply) => {
      const { token } = request.params as { token: string }
      return reply
        .header('referrer-policy', 'no-referrer')
        .redirect(`/unsubscribe#token=${encodeURIComponent(token)}`, 303)
    })
    scope.post(unsubscriptionPath, { helmet: answerHeaders, config }, async (request, reply) => {
      const { token } = request.params as { token: string }
      const form = typeof request.body === 'string' ? request.body : ''
      if (!oneClick.some((pattern) => pattern.test(form)))
        throw new PosternError(
          'bad_request',
          'The body of this request must be List-Unsubscribe=One-Click (RFC 8058). Open the address in a browser instead.',
        )
      const { address } = getClientAddress(request, portalUrl)
      const actor = { kind: 'person', id: 'nobody', name: 'nobody', origin: address } as const
      const { email, legalName } = await unsubscribe(token, actor)
      return reply
        .type('text/plain; charset=utf-8')
        .send(`${email} gets no more emails about expiring certificates of ${legalName}.\n`)
    })
    ready()
  })
}
