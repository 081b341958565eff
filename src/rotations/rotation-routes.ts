import { PosternError } from '../errors.ts'
import type { Handlers } from '../http/handler.ts'
import { getTerms, judgePairs, readRotation, toSummary } from './read-rotation.ts'
import { type RetireDependencies, retireCertificate } from './retire-certificate.ts'

type Ids = 'getRotation' | 'listRotations' | 'retireCertificate'

/** Returns the handlers for rotations: old certificates, their replacements, and when the old ones go. */
export function rotationRoutes(dependencies: RetireDependencies): Pick<Handlers, Ids> {
  const { rotations, clock } = dependencies
  return {
    async getRotation({ organization, params }) {
      const pair = await rotations.findPair(organization.id, params.certificateId, clock.now())
      if (pair === undefined) throw notFound()
      return readRotation(dependencies, pair)
    },
    async listRotations({ organization, environment, query }) {
      const now = clock.now()
      const place = { organizationId: organization.id, environment: environment.name, now }
      const { items, nextCursor } = await rotations.listOpen(place, query)
      const known = await judgePairs(dependencies, items, getTerms(dependencies, environment.name))
      return { items: known.map((one) => toSummary(one, now)), nextCursor }
    },
    async retireCertificate({ actor, organization, params, body }) {
      const find = () => rotations.findOld(organization.id, params.certificateId, clock.now())
      const pair = await find()
      if (pair === undefined) throw notFound()
      await retireCertificate(dependencies, actor, { organization, pair }, body)
      return readRotation(dependencies, (await find()) ?? pair)
    },
  }
}

const notFound = () => new PosternError('not_found', 'There is no such certificate here.')
