import type { FastifyInstance } from 'fastify'
import { type DescribedEnvironment, toGatewayOpenApi } from './gateway-openapi.ts'
import { toOpenApi } from './openapi.ts'
import { answerHeaders } from './security-headers.ts'

/** The OpenAPI documents of a portal by address: that of the API, and that of the gateway of each environment. */
export type Documents = ReadonlyMap<string, () => string>

/**
 * Returns the documents as JSON text, which anybody may read. Each is made when it is first read, and again when its
 * environment has changed: that takes long, and a stranger can ask for it as often as the limit of an address allows.
 */
export function createDocuments(portalUrl: string, environments: readonly DescribedEnvironment[]): Documents {
  return new Map([
    ['/api/v1/openapi.json', makeOnce(() => toOpenApi(portalUrl))],
    ...environments.map(
      (each) =>
        [
          `/api/v1/environments/${each.name}/gateway-openapi.json`,
          makeOnce(
            () => toGatewayOpenApi(each, portalUrl),
            () => JSON.stringify(each),
          ),
        ] as const,
    ),
  ])
}

function makeOnce(make: () => object, readSource = (): string => ''): () => string {
  let made: { source: string; text: string } | undefined
  return () => {
    const source = readSource()
    if (made?.source !== source) made = { source, text: JSON.stringify(make()) }
    return made.text
  }
}

/** Serves the documents. */
export function serveDocuments(server: FastifyInstance, documents: Documents): void {
  for (const [path, read] of documents)
    server.get(path, { helmet: answerHeaders }, async (_, reply) =>
      reply.type('application/json; charset=utf-8').send(read()),
    )
}
