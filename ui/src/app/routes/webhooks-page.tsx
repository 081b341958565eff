import { Button, Stack } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { useQuery } from '@tanstack/react-query'
import { useNavigate, useParams } from '@tanstack/react-router'
import type { UsedWebhook } from '../../../../src/contract/webhook.ts'
import { ErrorNotice } from '../../components/ui/error-notice.tsx'
import { TextLink } from '../../components/ui/links.tsx'
import { Page } from '../../components/ui/page.tsx'
import { Panel } from '../../components/ui/panel.tsx'
import { TableSkeleton } from '../../components/ui/table-skeleton.tsx'
import { ToneBadge } from '../../components/ui/tone-badge.tsx'
import { useTestWebhook, webhooksQuery } from '../../features/webhooks/api/webhooks.ts'
import { ClientCertificates } from '../../features/webhooks/components/client-certificates.tsx'
import { CreateWebhookDialog } from '../../features/webhooks/components/create-webhook-dialog.tsx'
import { DeliveriesList } from '../../features/webhooks/components/deliveries-list.tsx'
import { WebhookActions } from '../../features/webhooks/components/webhook-actions.tsx'
import {
  TestResult,
  WebhookDetails,
  WebhookProblems,
} from '../../features/webhooks/components/webhook-details.tsx'
import { WebhooksList } from '../../features/webhooks/components/webhooks-list.tsx'
import { describeState } from '../../features/webhooks/webhook-words.ts'
import { useWorkspace } from '../../lib/workspace.tsx'
import { NotFoundPage } from '../page-problems.tsx'

/** Shows the webhooks of the organization. */
export function WebhooksPage() {
  const { params, mayWrite, mayAdminister } = useWorkspace()
  const [opened, { open, close }] = useDisclosure(false)
  const { data } = useQuery(webhooksQuery(params.organization))
  const create = mayWrite && mayAdminister && <Button onClick={open}>Create webhook</Button>
  return (
    // The first webhook is created from the empty state.
    <Page
      title="Webhooks"
      description="URLs of your systems that get the events of this organization as signed HTTPS requests."
      actions={data?.items.length === 0 ? undefined : create}
    >
      <WebhooksList create={create} />
      <CreateWebhookDialog organization={params.organization} opened={opened} onClose={close} />
    </Page>
  )
}

/** Shows one webhook with its deliveries. */
export function WebhookPage() {
  const { params } = useWorkspace()
  const { webhookId } = useParams({ from: '/signed-in/o/$organization/$environment/webhooks/$webhookId' })
  const query = useQuery(webhooksQuery(params.organization))
  if (query.isError) return <ErrorNotice error={query.error} onRetry={query.refetch} />
  if (query.isPending)
    return (
      <Page title="Webhook">
        <Panel flush>
          <TableSkeleton what="the webhook" />
        </Panel>
      </Page>
    )
  const webhook = query.data.items.find(({ id }) => id === webhookId)
  return webhook === undefined ? <NotFoundPage /> : <FoundWebhook webhook={webhook} />
}

function FoundWebhook({ webhook }: { webhook: UsedWebhook }) {
  const { params, mayWrite, mayAdminister } = useWorkspace()
  const navigate = useNavigate()
  const key = { organization: params.organization, webhookId: webhook.id }
  const test = useTestWebhook(key)
  const { tone, word } = describeState(webhook)
  return (
    <Page
      title={webhook.name}
      beside={
        <ToneBadge tone={tone} dot={webhook.enabled ? 'full' : 'empty'}>
          {word}
        </ToneBadge>
      }
      above={
        <TextLink to="/o/$organization/$environment/webhooks" params={params}>
          Webhooks
        </TextLink>
      }
      actions={
        mayWrite && (
          <WebhookActions
            webhook={webhook}
            params={key}
            test={test}
            mayChange={mayAdminister}
            onDeleted={() => navigate({ to: '/o/$organization/$environment/webhooks', params })}
          />
        )
      }
    >
      <Stack gap="lg">
        {test.isError && <ErrorNotice error={test.error} title="The test event was not sent" />}
        {test.data && <TestResult result={test.data} />}
        <WebhookProblems webhook={webhook} />
        <WebhookDetails webhook={webhook} />
        <ClientCertificates
          webhook={webhook}
          params={key}
          test={test}
          mayTest={mayWrite}
          mayChange={mayWrite && mayAdminister}
        />
        <DeliveriesList params={key} certificates={webhook.clientCertificates} mayReplay={mayWrite} />
      </Stack>
    </Page>
  )
}
