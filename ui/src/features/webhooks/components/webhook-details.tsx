import type { UsedWebhook, WebhookDeliveryView } from '../../../../../src/contract/webhook.ts'
import { CopyValue } from '../../../components/ui/copy-value.tsx'
import { DescriptionItem, DescriptionList } from '../../../components/ui/description-list.tsx'
import { FileLink } from '../../../components/ui/file-link.tsx'
import { Moment } from '../../../components/ui/moment.tsx'
import { Notice } from '../../../components/ui/notice.tsx'
import { Panel } from '../../../components/ui/panel.tsx'
import { ActorName } from '../../../lib/actor-name.tsx'
import { countText } from '../../../lib/count-text.ts'
import { useWorkspace } from '../../../lib/workspace.tsx'
import classes from './webhooks.module.css'

/** Shows what a webhook is sent, and how its endpoint does. */
export function WebhookDetails({ webhook }: { webhook: UsedWebhook }) {
  const { environments } = useWorkspace()
  const { url, environment, eventTypes, serverCa, secrets, waiting, lastDeliveredAt, createdAt, createdBy } =
    webhook
  return (
    <Panel>
      <DescriptionList columns={2}>
        <DescriptionItem label="URL">
          <CopyValue value={url} what="the URL" />
        </DescriptionItem>
        <DescriptionItem label="Environment">
          {environment === null
            ? 'All'
            : (environments.find(({ name }) => name === environment)?.label ?? environment)}
        </DescriptionItem>
        <DescriptionItem label="Events">
          <span className={classes.wrap}>{eventTypes === null ? 'All' : eventTypes.join(', ')}</span>
        </DescriptionItem>
        <DescriptionItem label="CA of the endpoint">
          {serverCa === null ? (
            'Public CAs'
          ) : (
            <FileLink fileName="endpoint-ca.pem" text={serverCa} mediaType="application/x-pem-file" />
          )}
        </DescriptionItem>
        <DescriptionItem label="Waiting">{waiting.toLocaleString('en')}</DescriptionItem>
        <DescriptionItem label="Last delivery">
          <Moment at={lastDeliveredAt} />
        </DescriptionItem>
        {secrets[1]?.expiresAt && (
          <DescriptionItem label="Second secret ends">
            <Moment at={secrets[1].expiresAt} />
          </DescriptionItem>
        )}
        <DescriptionItem label="Created">
          <Moment at={createdAt} /> by <ActorName actor={createdBy} />
        </DescriptionItem>
      </DescriptionList>
    </Panel>
  )
}

/** Shows what needs somebody: that nothing arrives, or that events were dropped. */
export function WebhookProblems({ webhook }: { webhook: UsedWebhook }) {
  const { enabled, disabledReason, failingSince, droppedEvents, droppedAt, pausedUntil } = webhook
  return (
    <>
      {!enabled && disabledReason === 'gone' && (
        <Notice tone="bad" title="Postern disabled this webhook">
          <p>The endpoint answered 410 Gone. Enable the webhook when the endpoint is back.</p>
        </Notice>
      )}
      {!enabled && disabledReason === 'failing' && (
        <Notice tone="bad" title="Postern disabled this webhook">
          <p>
            Every delivery failed for 5 days. Mend the endpoint, send a test event, then enable the webhook.
          </p>
        </Notice>
      )}
      {!enabled && disabledReason === 'no_secret' && (
        <Notice tone="bad" title="Postern disabled this webhook">
          <p>
            It has no valid secret, so nothing can be signed. Rotate the secret, enter the new one at your
            endpoint, then enable the webhook.
          </p>
        </Notice>
      )}
      {enabled && failingSince !== null && (
        <Notice tone="warn" title="No delivery succeeds">
          <p>
            The first one failed <Moment at={failingSince} />. Each is tried for 3 days. After 5 days of
            failures the webhook is disabled.
          </p>
        </Notice>
      )}
      {enabled && pausedUntil !== null && Date.parse(pausedUntil) > Date.now() && (
        <Notice tone="info" title="The endpoint asked for a pause">
          <p>
            It answered 429 or 503 with Retry-After, so nothing is sent until <Moment at={pausedUntil} />.
            Send a delivery again to end the pause.
          </p>
        </Notice>
      )}
      {droppedEvents > 0 && (
        <Notice tone="bad" title={`${countText(droppedEvents, 'event was', 'events were')} dropped`}>
          <p>
            1,000 deliveries were waiting, so further events were not queued, most recently{' '}
            <Moment at={droppedAt} />. Read the audit log or the history of your certificates for what is
            missing.
          </p>
        </Notice>
      )}
    </>
  )
}

/** Shows what came of a test. */
export function TestResult({ result }: { result: WebhookDeliveryView }) {
  const time = `${(result.durationMilliseconds ?? 0).toLocaleString('en')} ms`
  return result.status === 'delivered' ? (
    <Notice tone="good" announced title="The endpoint received the test event">
      <p>
        It answered {result.responseStatus} after {time}.
      </p>
    </Notice>
  ) : (
    <Notice tone="bad" announced title="The test event was not received">
      <p>
        {result.error} It took {time}.
      </p>
    </Notice>
  )
}
