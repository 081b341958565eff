import type { ReactNode } from 'react'
import type { ActivityView } from '../../../../../src/contract/activity.ts'
import { TextLink } from '../../../components/ui/links.tsx'
import { Notice } from '../../../components/ui/notice.tsx'
import { denialTitle } from '../../../lib/denial-titles.ts'
import { useWorkspace } from '../../../lib/workspace.tsx'
import { ActivityDescription } from './activity-description.tsx'
import classes from './activity-details.module.css'
import { UnprovenNotice } from './unproven-notice.tsx'

/** Shows all details of a gateway event. */
export function ActivityDetails({ activity, children }: { activity: ActivityView; children?: ReactNode }) {
  const { outcome, identityProven } = activity
  return (
    <div className={classes.root}>
      {outcome === 'denied' && <DenialReason {...activity} tone="bad" title={denialTitle(activity.code)} />}
      {outcome === 'allowed' && activity.unenforcedCode !== null && (
        <DenialReason
          code={activity.unenforcedCode}
          explanation={activity.explanation}
          tone="warn"
          title="Would be denied if a certificate were required"
        />
      )}
      {!identityProven && <UnprovenNotice />}
      <ActivityDescription activity={activity} />
      {children}
    </div>
  )
}

function DenialReason({
  code,
  explanation,
  tone,
  title,
}: Pick<ActivityView, 'code' | 'explanation'> & { tone: 'bad' | 'warn'; title: string }) {
  const { params } = useWorkspace()
  return (
    <Notice tone={tone} title={title}>
      {explanation && <p>{explanation}</p>}
      {code && (
        <p>
          <code>{code}</code>{' '}
          <TextLink
            underline="always"
            to="/o/$organization/$environment/help"
            params={params}
            search={{ code }}
          >
            Why, and what to do
          </TextLink>
        </p>
      )}
    </Notice>
  )
}
