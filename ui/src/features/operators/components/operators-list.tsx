import { Button } from '@mantine/core'
import { useInfiniteQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { OperatorView } from '../../../../../src/contract/account.ts'
import { ConfirmDialog } from '../../../components/ui/confirm-dialog.tsx'
import type { Column } from '../../../components/ui/data-table.tsx'
import { Moment } from '../../../components/ui/moment.tsx'
import { PagedTable } from '../../../components/ui/paged-table.tsx'
import { operatorsQuery, useRemoveOperator } from '../api/operators.ts'

/** Shows operators and auditors; who `mayRemove` takes the role from one. */
export function OperatorsList({ mayRemove }: { mayRemove: boolean }) {
  const query = useInfiniteQuery(operatorsQuery)
  const remove = useRemoveOperator()
  const [chosen, setChosen] = useState<OperatorView>()
  const close = () => {
    setChosen(undefined)
    remove.reset()
  }
  return (
    <>
      <PagedTable
        query={query}
        what="the operators"
        label="Operators"
        columns={mayRemove ? [...columns, removeColumn(setChosen)] : columns}
        keyOf={({ id }) => id}
        empty={null}
      />
      <ConfirmDialog
        opened={chosen !== undefined}
        title="Remove operator"
        action="Remove operator"
        keep="Keep operator"
        danger
        busy={remove.isPending}
        error={remove.error}
        onConfirm={() => chosen && remove.mutate(chosen, { onSuccess: close })}
        onClose={close}
      >
        {chosen?.email} loses the role {chosen?.role} and is signed out everywhere.
      </ConfirmDialog>
    </>
  )
}

const roleNames = { operator: 'Operator', auditor: 'Auditor' }

const columns: Column<OperatorView>[] = [
  { label: 'Email', cell: ({ email }) => email },
  { label: 'Name', cell: ({ name }) => name },
  { label: 'Role', cell: ({ role }) => roleNames[role] },
  { label: 'Password', cell: ({ hasPassword }) => (hasPassword ? 'Set' : 'Not yet') },
  { label: 'Since', cell: ({ createdAt }) => <Moment at={createdAt} /> },
]

const removeColumn = (onChoose: (operator: OperatorView) => void): Column<OperatorView> => ({
  label: 'Remove',
  labelHidden: true,
  align: 'end',
  inCard: 'last',
  cell: (operator) => (
    <Button
      size="xs"
      variant="default"
      aria-label={`Remove ${operator.email}`}
      onClick={() => onChoose(operator)}
    >
      Remove
    </Button>
  ),
})
