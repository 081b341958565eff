import { beforeAll, expect, test } from 'vitest'
import { createCertificateListStore } from '../../src/certificates/certificate-list-store.ts'
import { toSearchText } from '../../src/certificates/certificate-row-store.ts'
import { describeOnBothEngines, type TestStore } from '../support/databases.ts'

const now = Date.parse('2027-03-04T08:00:00Z')
/** More certificates than those that are read at once if the index of texts proposes them. */
const [total, aged] = [2600, 2550]

/** The newest certificates lack the words of all others; the order of creation is not that of the numbers. */
const rows = Array.from({ length: total }, (_, index) => {
  const name = `old-${String(index + 1).padStart(4, '0')}`
  const description = index < aged ? 'aged thing' : ''
  return {
    ...{
      id: `cert_old${String(index).padStart(8, '0')}`,
      organization_id: 'org_old',
      number: index + 1,
      name,
    },
    ...{ environment: index % 3 === 0 ? 'staging' : 'production', status: 'draft' as const, description },
    ...{ owner: '', related_service: '', rotation_policy: '', contacts: '[]', certified_subject: '{}' },
    ...{ organization_name: '', country: '', state: '', key_kind: 'ec-p256' as const, created_by: 'test' },
    ...{ created_at: index * 7 + (index % 3) * 9, source: 'postern' as const },
    search_text: toSearchText(name, description, null),
  }
})

describeOnBothEngines('a search of many certificates', (store: TestStore) => {
  beforeAll(async () => {
    const { queries } = store.database
    await queries
      .insertInto('organizations')
      .values({ id: 'org_old', slug: 'old', legal_name: 'Old', country: 'GB', state: '', created_at: 1 })
      .execute()
    for (let start = 0; start < total; start += 400)
      await queries
        .insertInto('certificates')
        .values(rows.slice(start, start + 400))
        .execute()
  }, 60_000)

  test.each(['aged', 'ag', 'aged th', 'old-1', 'old', '-1', 'e', '0042', '-2599'])(
    'finds the text %j as a plain scan finds it, in every order',
    async (text) => {
      const { list } = createCertificateListStore(store.database)
      const held = rows.filter((row) => row.search_text.includes(text))
      const byCreation = held.toSorted((a, b) => b.created_at - a.created_at || (a.id < b.id ? 1 : -1))
      for (const limit of [1, 20, 100]) {
        const first = await list('org_old', { sort: 'created', limit, text }, now)
        expect(first.items.map(({ id }) => id)).toEqual(byCreation.slice(0, limit).map(({ id }) => id))
        const cursor = first.nextCursor ?? undefined
        const next = cursor && (await list('org_old', { sort: 'created', limit, text, cursor }, now))
        if (next)
          expect(next.items.map(({ id }) => id)).toEqual(
            byCreation.slice(limit, 2 * limit).map(({ id }) => id),
          )
        else expect(held.length).toBeLessThanOrEqual(limit)
        const staging = { environment: 'staging', sort: 'name', order: 'desc', limit, text } as const
        const last = await list('org_old', staging, now)
        expect(last.items.map(({ id }) => id)).toEqual(
          held
            .filter(({ environment }) => environment === 'staging')
            .map(({ id }) => id)
            .toReversed()
            .slice(0, limit),
        )
      }
    },
  )
})
