import { DataTable } from '../../../components/ui/data-table.tsx'
import classes from './differences-table.module.css'

interface Difference {
  field: string
  requested: string
  certified: string
}

/** Shows what a CSR requests compared with what the certificate contains. */
export function DifferencesTable({ differences }: { differences: Difference[] }) {
  return (
    <div className={classes.frame}>
      <DataTable
        label="Differences between the CSR and the certificate"
        columns={[
          { label: 'Field', cell: ({ field }) => <strong>{field}</strong> },
          { label: 'CSR', cell: ({ requested }) => requested || '–' },
          { label: 'Certificate', cell: ({ certified }) => certified || '–' },
        ]}
        rows={differences}
        keyOf={({ field, requested }) => `${field} ${requested}`}
      />
    </div>
  )
}
