import { useQueryClient } from '@tanstack/react-query'
import type { MigrationView } from '../../../../../src/contract/migration.ts'
import type { Sent } from '../../../../../src/contract/operation.ts'
import { operations } from '../../../../../src/contract/operations.ts'
import { call } from '../../../lib/call.ts'
import { migrationImpactQuery, migrationQuery } from '../../../lib/migration-queries.ts'
import { useEdit } from '../../../lib/use-edit.ts'

type NewMigration = Sent<typeof operations.setMigration>['body']

/** Sets the plan of an organization; `toFields` selects what the form holds. */
export function useMigrationEdit(
  params: { organization: string; environment: string },
  start: MigrationView,
  toFields: (migration: MigrationView) => object,
) {
  const queries = useQueryClient()
  return useEdit({
    start,
    toFields,
    read: () => call(operations.getMigration, { params }),
    send: (body: NewMigration, edited) =>
      call(operations.setMigration, { params, body, edited }).finally(() => {
        for (const queryKey of [
          migrationQuery(params).queryKey,
          migrationImpactQuery(params).queryKey,
          ['migrations'],
        ])
          void queries.invalidateQueries({ queryKey })
      }),
  })
}
