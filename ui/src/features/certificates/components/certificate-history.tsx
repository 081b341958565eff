import { Button } from '@mantine/core'
import { useInfiniteQuery } from '@tanstack/react-query'
import type { HistoryEntry } from '../../../../../src/contract/certificate.ts'
import { ChangeList } from '../../../components/ui/change-list.tsx'
import { ErrorNotice } from '../../../components/ui/error-notice.tsx'
import { LoadMore } from '../../../components/ui/load-more.tsx'
import { Moment } from '../../../components/ui/moment.tsx'
import { Panel } from '../../../components/ui/panel.tsx'
import { TableSkeleton } from '../../../components/ui/table-skeleton.tsx'
import { ActorName } from '../../../lib/actor-name.tsx'
import { changeLines } from '../../../lib/change-lines.ts'
import { evidenceAddress } from '../api/evidence-address.ts'
import type { CertificateKey } from '../api/get-certificate.ts'
import { certificateHistoryQuery } from '../api/list-certificate-history.ts'
import { actionWords } from '../history-words.ts'
import classes from './certificate-history.module.css'

interface CertificateHistoryProps {
  certificateKey: CertificateKey
  /** Whether the certificate is issued, so that evidence exists. */
  issued: boolean
}

/** Shows every change of a certificate, by whom and from where, latest first. */
export function CertificateHistory({ certificateKey, issued }: CertificateHistoryProps) {
  const query = useInfiniteQuery(certificateHistoryQuery(certificateKey))
  if (query.isError) return <ErrorNotice error={query.error} onRetry={query.refetch} />
  const entries = query.data?.pages.flatMap(({ items }) => items) ?? []
  return (
    <Panel
      title="Every change"
      description="Newest first. Nothing is ever taken out of it."
      actions={
        issued && (
          <Button component="a" href={evidenceAddress(certificateKey)} download variant="default" size="xs">
            Evidence pack
          </Button>
        )
      }
      flush
    >
      {query.isPending && <TableSkeleton what="the history" />}
      <ol className={classes.timeline}>
        {entries.map((entry) => (
          <Entry key={`${entry.at} ${entry.action}`} entry={entry} />
        ))}
      </ol>
      <LoadMore query={query} />
    </Panel>
  )
}

function Entry({ entry: { at, action, actor, origin, details } }: { entry: HistoryEntry }) {
  const { before, after } = details as Record<string, Record<string, unknown> | undefined>
  const lines = changeLines(before, after)
  return (
    <li className={classes.entry} data-action={action}>
      <p className={classes.what}>
        <strong>{actionWords(action)}</strong>
        <Moment at={at} />
      </p>
      <p className={classes.who}>
        {'by '}
        <ActorName actor={actor} />
        {origin && ` from ${origin}`}
      </p>
      {lines.length > 0 && (
        <div className={classes.details}>
          <ChangeList lines={lines} />
        </div>
      )}
    </li>
  )
}
