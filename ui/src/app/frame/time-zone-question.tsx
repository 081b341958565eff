import { Button } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { lazy, Suspense, useState } from 'react'
import { TimeZone } from '../../../../src/contract/time-zone.ts'
import { ErrorNotice } from '../../components/ui/error-notice.tsx'
import { Notice } from '../../components/ui/notice.tsx'
import { useAnswerTimeZone } from '../../features/account/api/account.ts'
import { notificationSettingsQuery } from '../../features/notifications/api/notification-settings.ts'
import { sessionQuery } from '../../features/session/api/get-session.ts'
import { browserTimeZone } from '../../lib/time-zone-choices.ts'
import classes from './frame.module.css'

const ChooseTimeZoneDialog = lazy(async () => {
  const module = await import('../../features/account/components/choose-time-zone-dialog.tsx')
  return { default: module.ChooseTimeZoneDialog }
})

interface Place {
  /** The organization of the page, whose time zone is offered if it has one. */
  organization?: { slug: string; legalName: string }
}

/** Asks users who have never answered which time zone their emails have, above the page; nothing is covered. */
export function TimeZoneQuestion({ organization }: Place) {
  const { data: session } = useQuery(sessionQuery)
  if (session?.isAskedTimeZone !== true) return null
  return (
    <section className={classes.question} aria-label="Time zone of your emails">
      {organization === undefined ? <Question /> : <QuestionOfOrganization {...organization} />}
    </section>
  )
}

function QuestionOfOrganization({ slug, legalName }: Required<Place>['organization']) {
  // Who may not read it, or whom it does not reach, is asked without it.
  const { data } = useQuery({ ...notificationSettingsQuery(slug), retry: false })
  return <Question {...(data?.timeZone ? { ofOrganization: { legalName, timeZone: data.timeZone } } : {})} />
}

function Question({ ofOrganization }: { ofOrganization?: { legalName: string; timeZone: string } }) {
  const answer = useAnswerTimeZone()
  const [isChoosing, setChoosing] = useState(false)
  const own = TimeZone.safeParse(browserTimeZone()).data
  const offered = [...new Set([own, ofOrganization?.timeZone, 'UTC'])].filter((zone) => zone !== undefined)
  return (
    <Notice
      tone="info"
      title="Which time zone do you want in emails?"
      actions={
        <>
          {offered.map((timeZone, index) => (
            <Button
              key={timeZone}
              size="xs"
              variant={index === 0 ? 'filled' : 'default'}
              disabled={answer.isPending}
              onClick={() => answer.mutate(timeZone)}
            >
              {timeZone === 'UTC' && index > 0 ? 'Keep UTC' : `Use ${timeZone}`}
            </Button>
          ))}
          <Button size="xs" variant="subtle" disabled={answer.isPending} onClick={() => setChoosing(true)}>
            Another time zone
          </Button>
        </>
      }
    >
      <p>
        {own !== undefined && `Your browser uses ${own}. `}
        {ofOrganization && `${ofOrganization.legalName} uses ${ofOrganization.timeZone}. `}
        Emails also show dates in UTC, and you can change this later under Your account.
      </p>
      {answer.error !== null && !isChoosing && (
        <ErrorNotice error={answer.error} title="The time zone was not saved" />
      )}
      {isChoosing && (
        <Suspense fallback={null}>
          <ChooseTimeZoneDialog answer={answer} start={own ?? ''} onClose={() => setChoosing(false)} />
        </Suspense>
      )}
    </Notice>
  )
}
