import { Skeleton } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { DescriptionItem, DescriptionList } from '../../../components/ui/description-list.tsx'
import { ErrorNotice } from '../../../components/ui/error-notice.tsx'
import { Moment } from '../../../components/ui/moment.tsx'
import { Panel } from '../../../components/ui/panel.tsx'
import { mailQuery } from '../api/get-mail.ts'
import { EmailText } from './email-text.tsx'

/** Shows one email as text. Only URLs of this portal are links. */
export function EmailView({ emailId }: { emailId: string }) {
  const query = useQuery(mailQuery(emailId))
  const email = query.data
  if (query.isError) return <ErrorNotice error={query.error} onRetry={query.refetch} />
  return (
    <Panel>
      <DescriptionList>
        <DescriptionItem label="From">
          {email?.from ?? <Skeleton height={14} width="12rem" />}
        </DescriptionItem>
        <DescriptionItem label="To">{email?.to ?? <Skeleton height={14} width="12rem" />}</DescriptionItem>
        <DescriptionItem label="Received">
          {email ? <Moment at={email.receivedAt} /> : <Skeleton height={14} width="8rem" />}
        </DescriptionItem>
      </DescriptionList>
      {email && <EmailText text={email.text} />}
    </Panel>
  )
}
