import { PosternError } from '../errors.ts'
import type { Handlers } from '../http/handler.ts'
import { judgeOverdue, listEndedOverlaps } from './end-overlaps.ts'
import { getTerms, judgePairs, readRotation, toSummary } from './read-rotation.ts'
import { type RetireDependencies, retireCertificate } from './retire-certificate.ts'

type Ids = 'getRotation' | 'listRotations' | 'listOverdueRotations' | 'retireCertificate'

/** Returns the handlers for rotations: old certificates, their replacements, and when the old ones go. */
export function rotationRoutes(dependencies: RetireDependencies): Pick<Handlers, Ids> {
  const { rotations, overlaps, environments, clock } = dependencies
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
    async listOverdueRotations({ query }) {
      const now = clock.now()
      const page = await overlaps.listOverdue(listEndedOverlaps(environments, now), { ...query, now })
      const items = (await judgeOverdue(dependencies, page.items)).map(({ known, organization }) => ({
        ...toSummary(known, now),
        organization: { slug: organization.slug, legalName: organization.legalName },
      }))
      return { items, nextCursor: page.nextCursor }
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
