import { Button } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useRouteContext } from '@tanstack/react-router'
import { ErrorNotice } from '../../components/ui/error-notice.tsx'
import { TextLink } from '../../components/ui/links.tsx'
import { Notice } from '../../components/ui/notice.tsx'
import { subscriptionQuery, useChangeSubscription } from '../../features/session/api/subscription.ts'
import { SignInLayout } from '../frame/sign-in-layout.tsx'

/** Shows the page of a link that unsubscribes an address; opening it changes nothing. */
export function UnsubscribePage() {
  const { token = '' } = useRouteContext({ from: '/unsubscribe' })
  const { data: subscription, error } = useQuery(subscriptionQuery(token))
  const change = useChangeSubscription(token)
  const isChanged = change.isSuccess && subscription !== undefined
  const problem = error ?? change.error
  return (
    <SignInLayout
      title="Emails about expiring certificates"
      description={
        subscription === undefined
          ? 'This page belongs to a link in an email.'
          : `To ${subscription.email}, about certificates of ${subscription.legalName}.`
      }
    >
      {problem !== null && (
        <ErrorNotice
          error={problem}
          title={error === null ? 'Nothing was changed' : 'This link does not work'}
        />
      )}
      {isChanged && (
        <Notice tone="good" title={subscription.isUnsubscribed ? 'Unsubscribed' : 'Subscribed'} announced>
          {subscription.isUnsubscribed
            ? 'You get no more of these emails, unless nobody else would be told.'
            : 'You get these emails again.'}
        </Notice>
      )}
      {subscription !== undefined && (
        <Button
          size="md"
          variant={isChanged ? 'default' : 'filled'}
          disabled={change.isPending}
          onClick={() => change.mutate(!subscription.isUnsubscribed)}
        >
          {buttonText(change.isPending, subscription.isUnsubscribed)}
        </Button>
      )}
      <p>
        <TextLink to="/">Go to the portal</TextLink>
      </p>
    </SignInLayout>
  )
}

function buttonText(isPending: boolean, isUnsubscribed: boolean): string {
  if (isPending) return 'Saving…'
  return isUnsubscribed ? 'Get these emails again' : 'Unsubscribe'
}
