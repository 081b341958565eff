import { beforeAll, expect, test } from 'vitest'
import { createCertificateListStore } from '../../src/certificates/certificate-list-store.ts'
import { toSearchText } from '../../src/certificates/certificate-row-store.ts'
import { markLapsed, repairCounts } from '../../src/certificates/keep-lists-store.ts'
import type { ListQuery } from '../../src/certificates/select-certificates-store.ts'
import type { CertificateStatus } from '../../src/contract/certificate.ts'
import type { Database } from '../../src/storage/database.ts'
import { describeOnBothEngines, type TestStore } from '../support/databases.ts'

const now = Date.parse('2027-03-04T08:00:00Z')
const hour = 3_600_000
const total = 120
const descriptions = [
  ...[
    '',
    'Łódź Płatności S.A.',
    '100 % of cards',
    'cards_live',
    'cards-live',
    '"quoted" \'text\'',
    'a OR b',
    'NEAR(a b)',
  ],
  ...[
    'text:legacy*',
    'back\\slash',
    '東京 payments',
    'Zażółć gęślą jaźń',
    'q',
    'x^2',
    '😀 smile',
    'LEGACY',
    'a"b',
  ],
]
const statuses = [
  'draft',
  'pending',
  'issued',
  'issued',
  'issued',
  'revoked',
  'rejected',
  'cancelled',
] as const

/** What the plain scan knows of a certificate. */
interface Known {
  id: string
  organization: string
  environment: string
  number: number
  status: CertificateStatus
  created: number
  notAfter: number | null
  lastUsed: number | null
  text: string
}

/** Some of the issued ones expired a while ago, and are marked; the last ones did so in the last hour. */
function makeRow(organization: string, index: number) {
  const status = statuses[(index * 7) % statuses.length] as (typeof statuses)[number]
  const isKeyed = status === 'issued' || status === 'revoked'
  const notAfter = isKeyed ? now + ((index * 13) % total) * hour - 40 * hour : null
  const name = `${organization}-${String(index + 1).padStart(4, '0')}`
  const description = descriptions[(index * 5) % descriptions.length] as string
  const serial = isKeyed ? ((index + 1) * 7_919_919).toString(16).padStart(20, 'c0ffee') : null
  const row = {
    ...{
      id: `cert_${organization}${String(index).padStart(8, '0')}`,
      organization_id: `org_${organization}`,
    },
    ...{
      environment: index % 3 === 0 ? 'staging' : 'production',
      number: index + 1,
      name,
      status,
      description,
    },
    ...{ owner: '', related_service: '', rotation_policy: '', contacts: '[]', certified_subject: '{}' },
    ...{ organization_name: '', country: '', state: '', key_kind: 'ec-p256' as const, created_by: 'test' },
    ...{ created_at: now - ((index * 17) % 50) * hour, serial_number: serial && `${organization}${serial}` },
    ...{
      not_after: notAfter,
      issued_at: isKeyed ? now : null,
      certificate_der: isKeyed ? new Uint8Array(1) : null,
    },
    ...{
      last_used_at: isKeyed && index % 4 !== 0 ? now - ((index * 3) % 20) * hour : null,
      source: 'postern' as const,
    },
    ...{ lapsed: status === 'issued' && notAfter !== null && notAfter < now - 10 * hour ? 1 : 0 },
    search_text: toSearchText(name, description, serial),
  }
  const known: Known = {
    ...{ id: row.id, organization: row.organization_id, environment: row.environment, number: row.number },
    ...{ status, created: row.created_at, notAfter, lastUsed: row.last_used_at, text: row.search_text },
  }
  if (status === 'issued' && notAfter !== null && notAfter <= now - 1000) known.status = 'expired'
  return { row, known }
}

const made = ['acme', 'globex'].flatMap((slug) =>
  Array.from({ length: total }, (_, index) => makeRow(slug, index)),
)

async function addCertificates({ queries }: Database): Promise<void> {
  for (const slug of ['acme', 'globex'])
    await queries
      .insertInto('organizations')
      .values({ id: `org_${slug}`, slug, legal_name: slug, country: 'GB', state: '', created_at: 1 })
      .execute()
  for (let start = 0; start < made.length; start += 40)
    await queries
      .insertInto('certificates')
      .values(made.slice(start, start + 40).map(({ row }) => row))
      .execute()
}

const keys = {
  created: (one: Known) => one.created,
  name: (one: Known) => one.number,
  expires: (one: Known) => one.notAfter ?? Number.MAX_SAFE_INTEGER,
  last_used: (one: Known) => one.lastUsed ?? -1,
}
const usual = { created: 'desc', name: 'asc', expires: 'asc', last_used: 'desc' } as const

/** Returns the IDs that a plain scan of everything finds. */
function scan(organization: string, query: Partial<ListQuery>): string[] {
  const { sort = 'created', order = usual[sort], status, environment, text = '', expiresBefore } = query
  const wanted = text.trim().toLowerCase()
  const plain = /^[0-9a-f]{2}(:[0-9a-f]{2})+$/.test(wanted) ? wanted.replaceAll(':', '') : wanted
  const way = order === 'asc' ? 1 : -1
  const key = keys[sort]
  return made
    .map(({ known }) => known)
    .filter(
      (one) =>
        one.organization === organization &&
        (status === undefined || status.includes(one.status)) &&
        (environment === undefined || environment === one.environment) &&
        (expiresBefore === undefined ||
          (one.notAfter ?? Number.POSITIVE_INFINITY) < Date.parse(expiresBefore)) &&
        one.text.includes(plain),
    )
    .toSorted((a, b) => way * (key(a) - key(b) || (a.id < b.id ? -1 : 1)))
    .map(({ id }) => id)
}

const texts = [
  ...[
    'ł',
    'Ł',
    'ódź',
    'PŁATNOŚCI',
    '%',
    '_',
    '100 %',
    's_l',
    's-l',
    '"',
    "'",
    '"q',
    "d' 't",
    'a OR b',
    ' or ',
    'NEAR(',
  ],
  ...[
    '*',
    'y*',
    '\\',
    'k\\s',
    '東',
    '京 p',
    '東京',
    '😀',
    'zażó',
    'q',
    'qx',
    'zz',
    'x^',
    'a"b',
    'text:',
    '(',
    ')',
    'AND',
  ],
  ...[
    'c0',
    'c0f',
    'c0ffee',
    'c0:ff:ee',
    'C0FFEE',
    '1',
    'e',
    'acme',
    'globex-0',
    '-0042',
    '42',
    ' acme-0001 ',
    'nothing holds this',
  ],
  ...['legacy', 'LEG', '-', '--', ';', '$1', '?', ':x', '{', '\u0000'],
]
const sorts = ['created', 'name', 'expires', 'last_used'] as const

describeOnBothEngines('certificates of a list', (store: TestStore) => {
  beforeAll(() => addCertificates(store.database))

  const list = async (organization: string, query: Partial<ListQuery>, limit = 50) => {
    const lists = createCertificateListStore(store.database)
    const found: string[] = []
    let cursor: string | undefined
    do {
      const page = await lists.list(organization, { sort: 'created', limit, ...query, cursor }, now)
      found.push(...page.items.map(({ id }) => id))
      cursor = page.nextCursor ?? undefined
    } while (cursor !== undefined)
    return found
  }

  test.each(texts)('are found by the text %j as a plain scan finds them', async (text) => {
    for (const [index, organization] of ['org_acme', 'org_globex', 'org_none'].entries()) {
      const sort = sorts[(index + text.length) % sorts.length] as (typeof sorts)[number]
      // Small pages are not in the beginning of the list alone, so that the index of texts is asked.
      for (const query of [{ text }, { text, sort, environment: 'production', status: ['issued' as const] }])
        for (const limit of [50, 11])
          expect(await list(organization, query, limit)).toEqual(scan(organization, query))
    }
  })

  test.each(sorts)('are sorted by %s as a plain scan sorts them, in pages without gaps', async (sort) => {
    for (const order of ['asc', 'desc'] as const)
      for (const status of [
        undefined,
        ['issued'],
        ['expired'],
        ['expired', 'issued'],
        ['draft', 'expired'],
      ] as const)
        for (const environment of [undefined, 'production']) {
          const query = { sort, order, environment, status: status && [...status] }
          expect(await list('org_acme', query, 31)).toEqual(scan('org_acme', query))
        }
    const soon = { sort, expiresBefore: new Date(now).toISOString() }
    expect(await list('org_globex', soon)).toEqual(scan('org_globex', soon))
  })

  test('are counted by organization, environment and status in the transaction of each change', async () => {
    const { database } = store
    const read = async () => {
      const rows = await database.queries
        .selectFrom('certificate_counts')
        .select(['organization_id', 'environment', 'status', 'count'])
        .where('count', '>', 0)
        .execute()
      return new Map(
        rows.map((row) => [`${row.organization_id} ${row.environment} ${row.status}`, Number(row.count)]),
      )
    }
    const expected = new Map<string, number>()
    for (const { row } of made) {
      const key = `${row.organization_id} ${row.environment} ${row.lapsed ? 'expired' : row.status}`
      expected.set(key, (expected.get(key) ?? 0) + 1)
    }
    expect(await read()).toEqual(expected)
    const draft = made.find(({ row }) => row.status === 'draft' && row.environment === 'production')
    const change = database.transaction(async (tx) => {
      await tx
        .updateTable('certificates')
        .set({ status: 'cancelled' })
        .where('id', '=', draft?.row.id ?? '')
        .execute()
      throw new Error('taken back')
    })
    await expect(change).rejects.toThrow('taken back')
    expect(await read()).toEqual(expected)
  })

  test('are marked once they have expired, which changes no list and moves their number', async () => {
    const { database } = store
    const lists = await Promise.all([
      list('org_acme', { status: ['expired'] }),
      list('org_acme', { status: ['issued'] }),
    ])
    const late = made.filter(({ row, known }) => known.status === 'expired' && row.lapsed === 0).length
    expect(late).toBeGreaterThan(0)
    expect(await markLapsed(database, now)).toBe(late)
    expect(await markLapsed(database, now)).toBe(0)
    expect(await list('org_acme', { status: ['expired'] })).toEqual(lists[0])
    expect(await list('org_acme', { status: ['issued'] })).toEqual(lists[1])
    expect(await repairCounts(database)).toEqual([])
  })

  test('are counted again where their number is wrong', async () => {
    const { database } = store
    const read = () =>
      database.queries
        .selectFrom('certificate_counts')
        .selectAll()
        .where('count', '<>', 0)
        .orderBy('organization_id')
        .orderBy('environment')
        .orderBy('status')
        .orderBy('issuer_id')
        .execute()
    const before = await read()
    await database.queries
      .updateTable('certificate_counts')
      .set({ count: 99 })
      .where('organization_id', '=', 'org_acme')
      .where('status', '=', 'draft')
      .execute()
    await database.queries
      .deleteFrom('certificate_counts')
      .where('organization_id', '=', 'org_globex')
      .where('status', '=', 'revoked')
      .execute()
    expect((await repairCounts(database)).sort()).toEqual(['org_acme', 'org_globex'])
    expect(await read()).toEqual(before)
  })

  test('are found by their new text after a change, and by no text once they are deleted', async () => {
    const { queries } = store.database
    const { row } = makeRow('acme', total + 1)
    await queries.insertInto('certificates').values(row).execute()
    expect(await list('org_acme', { text: row.name })).toEqual([row.id])
    await queries
      .updateTable('certificates')
      .set({ search_text: 'renamed thing' })
      .where('id', '=', row.id)
      .execute()
    expect(await list('org_acme', { text: row.name })).toEqual([])
    expect(await list('org_acme', { text: 'renamed' })).toEqual([row.id])
    await queries.deleteFrom('certificates').where('id', '=', row.id).execute()
    expect(await list('org_acme', { text: 'renamed' })).toEqual([])
    expect(await list('org_acme', {})).toEqual(scan('org_acme', {}))
  })
})
