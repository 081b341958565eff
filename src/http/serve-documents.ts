import type { FastifyInstance } from 'fastify'
import type { Json } from './describe-schema.ts'
import { type DescribedEnvironment, toGatewayOpenApi } from './gateway-openapi.ts'
import { toOpenApi } from './openapi.ts'
import { answerHeaders } from './security-headers.ts'

/** The OpenAPI documents of a portal by address: that of the API, and that of the gateway of each environment. */
export type Documents = ReadonlyMap<string, () => Json>

/** Returns the documents, which anybody may read. Each is made when it is first read, since that takes long. */
export function createDocuments(portalUrl: string, environments: readonly DescribedEnvironment[]): Documents {
  return new Map([
    ['/api/v1/openapi.json', makeOnce(() => toOpenApi(portalUrl))],
    ...environments.map(
      (each) =>
        [
          `/api/v1/environments/${each.name}/gateway-openapi.json`,
          makeOnce(() => toGatewayOpenApi(each, portalUrl)),
        ] as const,
    ),
  ])
}

function makeOnce(make: () => Json): () => Json {
  let made: Json | undefined
  return () => {
    made ??= make()
    return made
  }
}

/** Serves the documents. */
export function serveDocuments(server: FastifyInstance, documents: Documents): void {
  for (const [path, read] of documents) server.get(path, { helmet: answerHeaders }, async () => read())
}
