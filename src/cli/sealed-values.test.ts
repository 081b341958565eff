import { expect, test } from 'vitest'
import { describeOnBothEngines } from '../../test/support/databases.ts'
import { sealedValues } from './sealed-values.ts'

describeOnBothEngines('what is sealed', (store) => {
  test('is sealed anew when its key is changed, in every column', async () => {
    const tables = await store.database.queries.introspection.getTables()
    const columns = tables.flatMap(({ name: table, columns }) =>
      columns.flatMap(({ name }) => (/seal|^publication_key$/.test(name) ? [`${table}.${name}`] : [])),
    )
    const listed = Object.values(sealedValues)
      .flat()
      .flatMap(({ columns }) => columns)
    expect(columns.toSorted()).toEqual(listed.toSorted())
  })
})
