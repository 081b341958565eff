import { IconWebhook } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import type { UsedWebhook } from '../../../../../src/contract/webhook.ts'
import { type Column, DataTable } from '../../../components/ui/data-table.tsx'
import { EmptyState } from '../../../components/ui/empty-state.tsx'
import { ErrorNotice } from '../../../components/ui/error-notice.tsx'
import { TextLink } from '../../../components/ui/links.tsx'
import { Moment } from '../../../components/ui/moment.tsx'
import { Panel } from '../../../components/ui/panel.tsx'
import { TableSkeleton } from '../../../components/ui/table-skeleton.tsx'
import { ToneBadge } from '../../../components/ui/tone-badge.tsx'
import { useWorkspace } from '../../../lib/workspace.tsx'
import { webhooksQuery } from '../api/webhooks.ts'
import { describeEvents, describeState } from '../webhook-words.ts'
import classes from './webhooks.module.css'

/** Shows the webhooks of the organization with their state. */
export function WebhooksList({ create }: { create: ReactNode }) {
  const { params, environments } = useWorkspace()
  const query = useQuery(webhooksQuery(params.organization))
  if (query.isError) return <ErrorNotice error={query.error} onRetry={query.refetch} />
  if (query.data?.items.length === 0)
    return (
      <Panel>
        <EmptyState icon={<IconWebhook size={24} />} title="No webhooks yet" action={create}>
          <p>
            A webhook tells your systems what happens here: Postern sends each event as a signed HTTPS request
            to a URL of yours. For example, open an incident when a certificate is about to expire, or post to
            a channel when one is revoked.
          </p>
        </EmptyState>
      </Panel>
    )
  const labelOf = (name: string | null) =>
    name === null ? 'All' : (environments.find((one) => one.name === name)?.label ?? name)
  return (
    <Panel flush>
      {query.isPending ? (
        <TableSkeleton what="the webhooks" />
      ) : (
        <DataTable
          label="Webhooks"
          columns={columnsOf(params, labelOf)}
          rows={query.data.items}
          keyOf={({ id }) => id}
        />
      )}
    </Panel>
  )
}

const columnsOf = (
  params: { organization: string; environment: string },
  labelOf: (name: string | null) => string,
): Column<UsedWebhook>[] => [
  {
    label: 'Webhook',
    cell: ({ id, name, url }) => (
      <span className={classes.name}>
        <TextLink
          to="/o/$organization/$environment/webhooks/$webhookId"
          params={{ ...params, webhookId: id }}
        >
          {name}
        </TextLink>
        <code>{new URL(url).host}</code>
      </span>
    ),
  },
  {
    label: 'State',
    inCard: 'beside',
    cell: (webhook) => {
      const { tone, word } = describeState(webhook)
      return (
        <ToneBadge tone={tone} dot={webhook.enabled ? 'full' : 'empty'}>
          {word}
        </ToneBadge>
      )
    },
  },
  { label: 'Events', cell: ({ eventTypes }) => describeEvents(eventTypes) },
  { label: 'Environment', cell: ({ environment }) => labelOf(environment) },
  { label: 'Waiting', align: 'end', cell: ({ waiting }) => waiting.toLocaleString('en') },
  { label: 'Last delivery', cell: ({ lastDeliveredAt }) => <Moment at={lastDeliveredAt} /> },
]
