import { Anchor, Skeleton } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useRouter } from '@tanstack/react-router'
import type { MouseEvent } from 'react'
import { DescriptionItem, DescriptionList } from '../../../components/ui/description-list.tsx'
import { ErrorNotice } from '../../../components/ui/error-notice.tsx'
import { Moment } from '../../../components/ui/moment.tsx'
import { Panel } from '../../../components/ui/panel.tsx'
import { mailQuery } from '../api/get-mail.ts'
import { splitLinks } from '../split-links.ts'
import classes from './email-view.module.css'

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

function EmailText({ text }: { text: string }) {
  const router = useRouter()
  const follow = (event: MouseEvent, path: string) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey) return
    event.preventDefault()
    router.history.push(path)
  }
  return (
    <div className={classes.text}>
      {splitLinks(text, window.location.origin).map(({ text: words, path }, index) =>
        path === undefined ? (
          words
        ) : (
          // biome-ignore lint/suspicious/noArrayIndexKey: the parts of a letter keep their places
          <Anchor key={index} inherit underline="always" href={path} onClick={(event) => follow(event, path)}>
            {words}
          </Anchor>
        ),
      )}
    </div>
  )
}
