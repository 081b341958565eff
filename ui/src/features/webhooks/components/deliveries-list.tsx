import { Button, NativeSelect } from '@mantine/core'
import { IconSend } from '@tabler/icons-react'
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type {
  DeliveryStatus,
  WebhookClientCertificate,
  WebhookDeliveryView,
} from '../../../../../src/contract/webhook.ts'
import { CopyValue } from '../../../components/ui/copy-value.tsx'
import type { Column } from '../../../components/ui/data-table.tsx'
import { DescriptionItem, DescriptionList } from '../../../components/ui/description-list.tsx'
import { EmptyState } from '../../../components/ui/empty-state.tsx'
import { ErrorNotice } from '../../../components/ui/error-notice.tsx'
import { Moment } from '../../../components/ui/moment.tsx'
import { MoreButton } from '../../../components/ui/more-button.tsx'
import { PagedTable } from '../../../components/ui/paged-table.tsx'
import { ToneBadge } from '../../../components/ui/tone-badge.tsx'
import { deliveriesQuery, useReplayDelivery, type WebhookKey } from '../api/webhooks.ts'
import { deliveryWords } from '../webhook-words.ts'
import classes from './webhooks.module.css'

const filters = [
  { value: '', label: 'Every delivery' },
  ...Object.entries(deliveryWords).map(([value, { word }]) => ({ value, label: word })),
]

interface DeliveriesListProps {
  params: WebhookKey
  /** The client certificates of the webhook. */
  certificates: readonly WebhookClientCertificate[]
  mayReplay: boolean
}

/** Shows the deliveries of a webhook, newest first, and sends one again. */
export function DeliveriesList({ params, certificates, mayReplay }: DeliveriesListProps) {
  const [status, setStatus] = useState<DeliveryStatus | undefined>(undefined)
  const [open, setOpen] = useState<string | undefined>(undefined)
  const query = useInfiniteQuery({ ...deliveriesQuery(params, status), placeholderData: keepPreviousData })
  return (
    <PagedTable
      query={query}
      what="the deliveries"
      label="Deliveries"
      columns={columnsOf(open, setOpen)}
      keyOf={({ id }) => id}
      below={(delivery) =>
        delivery.id === open && (
          <Details params={params} certificates={certificates} delivery={delivery} mayReplay={mayReplay} />
        )
      }
      filter={
        <NativeSelect
          className={classes.filter ?? ''}
          label="Show"
          data={filters}
          value={status ?? ''}
          onChange={({ currentTarget: { value } }) =>
            setStatus(value === '' ? undefined : (value as DeliveryStatus))
          }
        />
      }
      empty={
        <EmptyState icon={<IconSend size={24} />} title="No deliveries">
          <p>Events that were sent here appear in this list for 30 days. Send a test event to try it.</p>
        </EmptyState>
      }
    />
  )
}

const columnsOf = (
  open: string | undefined,
  onOpen: (id: string | undefined) => void,
): Column<WebhookDeliveryView>[] => [
  { label: 'Event', cell: ({ eventType }) => <code className={classes.wrap}>{eventType}</code> },
  {
    label: 'Result',
    inCard: 'beside',
    cell: ({ status }) => {
      const { tone, word } = deliveryWords[status]
      return <ToneBadge tone={tone}>{word}</ToneBadge>
    },
  },
  { label: 'Answer', inCard: 'half', cell: ({ responseStatus }) => responseStatus ?? '–' },
  { label: 'Tries', align: 'end', inCard: 'half', cell: ({ attempts }) => attempts },
  { label: 'Created', cell: ({ createdAt }) => <Moment at={createdAt} /> },
  {
    label: 'More',
    labelHidden: true,
    align: 'end',
    cell: ({ id, eventType }) => (
      <MoreButton
        what={`the delivery of ${eventType}`}
        isOpen={open === id}
        onToggle={() => onOpen(open === id ? undefined : id)}
      />
    ),
  },
]

function Details({
  params,
  certificates,
  delivery,
  mayReplay,
}: DeliveriesListProps & { delivery: WebhookDeliveryView }) {
  const replay = useReplayDelivery(params, delivery.id)
  const { eventId, eventAt, lastAttemptAt, nextAttemptAt, durationMilliseconds, error, responseBody } =
    delivery
  return (
    <div className={classes.details}>
      <DescriptionList columns={2}>
        {error !== null && <DescriptionItem label="Why it failed">{error}</DescriptionItem>}
        <DescriptionItem label="webhook-id">
          <CopyValue value={eventId} what="the webhook-id" />
        </DescriptionItem>
        <DescriptionItem label="Event">
          <Moment at={eventAt} />
        </DescriptionItem>
        <DescriptionItem label="Latest try">
          <Moment at={lastAttemptAt} />
        </DescriptionItem>
        {nextAttemptAt !== null && (
          <DescriptionItem label="Next try">
            <Moment at={nextAttemptAt} />
          </DescriptionItem>
        )}
        {durationMilliseconds !== null && (
          <DescriptionItem label="Duration">{`${durationMilliseconds.toLocaleString('en')} ms`}</DescriptionItem>
        )}
        <Presented delivery={delivery} certificates={certificates} />
        {responseBody !== null && responseBody !== '' && (
          <DescriptionItem label="Response body">
            <pre className={classes.answer}>{responseBody}</pre>
          </DescriptionItem>
        )}
      </DescriptionList>
      {replay.isError && <ErrorNotice error={replay.error} title="The event was not sent again" />}
      {mayReplay && (
        <div>
          <Button size="xs" variant="default" disabled={replay.isPending} onClick={() => replay.mutate()}>
            {replay.isPending ? 'One moment…' : 'Send again'}
          </Button>
        </div>
      )}
    </div>
  )
}

/** Which client certificate the latest try presented, by its fingerprint as long as the webhook has it. */
function Presented({
  delivery: { clientCertificateId: id, rejectedClientCertificateId: rejected },
  certificates,
}: {
  delivery: WebhookDeliveryView
  certificates: readonly WebhookClientCertificate[]
}) {
  if (id === null) return null
  const known = certificates.find((each) => each.id === id)
  return (
    <DescriptionItem label="Client certificate">
      <span className={classes.wrap}>{known?.fingerprintSha256 ?? id}</span>
      {rejected !== null && <div>The former one: the endpoint rejected the live one.</div>}
    </DescriptionItem>
  )
}
