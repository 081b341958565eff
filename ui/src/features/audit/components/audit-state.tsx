import { Button, Skeleton } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import type { AuditStateView } from '../../../../../src/contract/audit.ts'
import { ErrorNotice } from '../../../components/ui/error-notice.tsx'
import { Moment } from '../../../components/ui/moment.tsx'
import { Notice } from '../../../components/ui/notice.tsx'
import { saveFile } from '../../../lib/save-file.ts'
import { auditStateQuery } from '../api/get-audit-state.ts'
import { useVerifyAudit } from '../api/verify-audit.ts'

/** Shows whether the log is unchanged, and what proves it. */
export function AuditState() {
  const query = useQuery(auditStateQuery)
  const verify = useVerifyAudit()
  if (query.isError) return <ErrorNotice error={query.error} onRetry={query.refetch} />
  if (query.isPending) return <Skeleton height={96} radius="lg" />
  const { checkpoint } = query.data
  return (
    <>
      {verify.isError && <ErrorNotice error={verify.error} onRetry={() => verify.mutate()} />}
      <Notice
        {...standing(query.data)}
        announced={query.data.problem !== null}
        actions={
          <>
            <Button variant="default" size="xs" loading={verify.isPending} onClick={() => verify.mutate()}>
              Verify now
            </Button>
            {checkpoint && (
              <Button
                variant="default"
                size="xs"
                onClick={() =>
                  saveFile(
                    `audit-checkpoint-${checkpoint.sequence}.json`,
                    JSON.stringify(checkpoint, null, 2),
                  )
                }
              >
                Save latest checkpoint
              </Button>
            )}
          </>
        }
      >
        <Words state={query.data} />
      </Notice>
    </>
  )
}

function standing({ problem, verifiedAt }: AuditStateView) {
  if (problem !== null) return { tone: 'bad', title: 'The audit log was altered' } as const
  if (verifiedAt === null) return { tone: 'info', title: 'The audit log has not been verified yet' } as const
  return { tone: 'good', title: 'The audit log is intact' } as const
}

function Words({ state: { problem, verifiedAt, verifiedRows, checkpoint } }: { state: AuditStateView }) {
  return (
    <>
      <p>
        {problem === null
          ? `${verifiedRows.toLocaleString('en')} rows, each bound to the previous row, verified `
          : `${problem.sentence} The rows before it are unchanged. Verified `}
        <Moment at={verifiedAt} never="never" />.
      </p>
      {checkpoint && (
        <p>
          {`The latest signed checkpoint covers row ${checkpoint.sequence.toLocaleString('en')}, taken `}
          <Moment at={checkpoint.at} />. Keep a copy elsewhere: it proves later that no rows were removed.
        </p>
      )}
    </>
  )
}
