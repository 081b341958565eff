import { z } from 'zod'
import { changeTypes } from '../../src/contract/events/change-event.ts'
import type { ChangeType } from '../../src/contract/events/change-type.ts'
import { activityTypes } from '../../src/contract/events/stream-event.ts'

/** The members of one side of a change. */
function membersOf(schema: z.ZodType): string {
  const { properties, anyOf } = z.toJSONSchema(schema) as {
    properties?: object
    anyOf?: { properties?: object }[]
  }
  const names = Object.keys(properties ?? anyOf?.[0]?.properties ?? {})
  return names.length === 0 ? '–' : names.map((name) => `\`${name}\``).join(', ')
}

/** Returns the rows of the tables of `docs/events.md`: each type of event with its data. */
export const formatEventCatalogue = (): { activity: string[]; changes: string[] } => ({
  activity: Object.entries(activityTypes).map(([type, words]) => `| \`${type}\` | ${words} |`),
  changes: Object.entries<ChangeType>(changeTypes).map(
    ([type, { description, before, after }]) =>
      `| \`${type}\` | ${description} | ${membersOf(before)} | ${membersOf(after)} |`,
  ),
})
