import { Skeleton } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { DescriptionItem, DescriptionList } from '../../../components/ui/description-list.tsx'
import { ErrorNotice } from '../../../components/ui/error-notice.tsx'
import { Moment } from '../../../components/ui/moment.tsx'
import { Panel } from '../../../components/ui/panel.tsx'
import { ownEmailQuery } from '../api/own-emails.ts'
import { EmailText } from './email-text.tsx'

/** Shows one email to the signed-in user. */
export function OwnEmailView({ emailId }: { emailId: string }) {
  const query = useQuery(ownEmailQuery(emailId))
  const email = query.data
  if (query.isError) return <ErrorNotice error={query.error} onRetry={query.refetch} />
  if (email === undefined) return <Skeleton height={240} radius="lg" />
  return (
    <Panel>
      <DescriptionList>
        <DescriptionItem label="To">{email.to}</DescriptionItem>
        <DescriptionItem label="Sent">
          <Moment at={email.createdAt} />
        </DescriptionItem>
      </DescriptionList>
      <EmailText text={email.text} />
    </Panel>
  )
}
