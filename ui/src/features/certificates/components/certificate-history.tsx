import { Button } from '@mantine/core'
import { useInfiniteQuery } from '@tanstack/react-query'
import type { ChangeEvent } from '../../../../../src/contract/events/change-event.ts'
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
import { eventWords } from '../history-words.ts'
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
  const events = query.data?.pages.flatMap(({ items }) => items) ?? []
  return (
    <Panel
      title="Every change"
      description="Newest first. Entries are never removed."
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
        {events.map((event) => (
          <Entry key={event.id} event={event} />
        ))}
      </ol>
      <LoadMore query={query} />
    </Panel>
  )
}

function Entry({ event: { time, type, actor, origin, data } }: { event: ChangeEvent }) {
  const lines = changeLines(data.before, data.after)
  return (
    <li className={classes.entry} data-type={type}>
      <p className={classes.what}>
        <strong>{eventWords(type)}</strong>
        <Moment at={time} />
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
