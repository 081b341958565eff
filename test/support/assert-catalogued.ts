import { isDeepStrictEqual } from 'node:util'
import { createAuditStore } from '../../src/audit/audit-store.ts'
import { toChangeEvent } from '../../src/audit/to-change-event.ts'
import { changeTypes } from '../../src/contract/events/change-event.ts'
import type { ChangeType } from '../../src/contract/events/change-type.ts'
import type { Database } from '../../src/storage/database.ts'

/** The names of all members of a value, at every depth. */
const namesOf = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(namesOf)
  if (typeof value !== 'object' || value === null) return null
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, inner]) => inner !== undefined)
      .map(([name, inner]) => [name, namesOf(inner)]),
  )
}

/** Throws unless the catalogue of events has each action that was recorded, with all of its data. */
export async function assertCatalogued(database: Database): Promise<void> {
  const audit = createAuditStore(database)
  let cursor: string | undefined
  do {
    const page = await audit.list({ cursor, limit: 200 })
    for (const record of page.items) {
      const { type, data } = toChangeEvent(record)
      const { renamed = {} }: Partial<ChangeType> = type === 'other' ? {} : changeTypes[type]
      const toApi = (side: Record<string, unknown> | null) =>
        side &&
        Object.fromEntries(Object.entries(side).map(([name, value]) => [renamed[name] ?? name, value]))
      const isWhole =
        isDeepStrictEqual(namesOf(data.before), namesOf(toApi(record.before))) &&
        isDeepStrictEqual(namesOf(data.after), namesOf(toApi(record.after)))
      if (type === 'other' || !isWhole)
        throw new Error(
          `src/contract/events does not describe ${record.action} with ${JSON.stringify([record.before, record.after])}`,
        )
    }
    cursor = page.nextCursor ?? undefined
  } while (cursor !== undefined)
}
