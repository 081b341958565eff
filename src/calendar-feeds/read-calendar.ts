import { createHash } from 'node:crypto'
import type { Clock } from '../clock.ts'
import { toMinute } from '../shapes/moment.ts'
import type { CalendarEventStore, CertificateEnd } from './calendar-event-store.ts'
import type { CalendarFeedStore, ReadFeed } from './calendar-feed-store.ts'
import { writeCalendar } from './write-calendar.ts'

/** What calendars are read from. */
export interface CalendarDependencies {
  calendarFeeds: Pick<CalendarFeedStore, 'findByToken'>
  calendarEvents: CalendarEventStore
  environments: ReadonlyMap<string, { name: string; label?: string | undefined }>
  portalUrl: string
  clock: Clock
}

/**
 * Returns the calendar at a secret address: the ends of the certificates of an organization in an environment.
 * Undefined if there is none, or none any more.
 */
export async function readCalendar(
  { calendarFeeds, calendarEvents, environments, portalUrl, clock }: CalendarDependencies,
  token: string,
): Promise<string | undefined> {
  const now = clock.now()
  const feed = await calendarFeeds.findByToken(token, now)
  const environment = feed && environments.get(feed.environment)
  if (feed === undefined || environment === undefined) return undefined
  const label = environment.label ?? environment.name
  const ends = await calendarEvents.listEnds(feed.organization.id, feed.environment, now)
  const texts = ends.map((end) => describe(end, feed, { label, portalUrl }))
  const said = await calendarEvents.keepSaid(
    ends.map((end, index) => ({
      certificateId: end.id,
      digest: createHash('sha256')
        .update(JSON.stringify([end.endsAt, end.cancelled, texts[index]]))
        .digest('base64url'),
      endsAt: end.endsAt,
    })),
    now,
  )
  const events = ends.map((end, index) => ({
    // No address of the portal: it may move.
    uid: `${end.id}@postern`,
    ...(said.get(end.id) ?? { sequence: 0, changedAt: now }),
    endsAt: end.endsAt,
    ...(texts[index] as (typeof texts)[number]),
    isCancelled: end.cancelled !== undefined,
  }))
  return writeCalendar(`Certificates of ${feed.organization.legalName}: ${label}`, events)
}

const endings = { replaced: 'was replaced', revoked: 'was revoked' } as const

function describe(
  { id, name, description, endsAt, cancelled }: CertificateEnd,
  { organization, environment }: ReadFeed,
  { label, portalUrl }: { label: string; portalUrl: string },
) {
  const what =
    cancelled === undefined
      ? `${name} ends on ${toMinute(endsAt)}. From then on, the gateway denies every request with it. Rotate it before.`
      : `${name} ${endings[cancelled]}. There is nothing to do.`
  return {
    summary: `${name} ${cancelled === undefined ? 'expires' : endings[cancelled]} (${label})`,
    description: [
      what,
      `Organization: ${organization.legalName}`,
      ...(description === '' ? [] : [description]),
    ].join('\n'),
    url: `${portalUrl}/o/${organization.slug}/${environment}/certificates/${id}`,
  }
}
