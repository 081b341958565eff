import type { ActivityView } from '../../../../../src/contract/activity.ts'
import { TextLink } from '../../../components/ui/links.tsx'
import { Notice } from '../../../components/ui/notice.tsx'
import { usePlace } from '../../../lib/place.tsx'
import { refusalTitle } from '../../../lib/refusal-titles.ts'
import classes from './activity-details.module.css'
import { ActivityFacts } from './activity-facts.tsx'
import { UnprovenNotice } from './unproven-notice.tsx'

/** Shows all details of a gateway event. */
export function ActivityDetails({ activity }: { activity: ActivityView }) {
  const { outcome, proven } = activity
  return (
    <div className={classes.root}>
      {outcome === 'refused' && <Why {...activity} tone="bad" title={refusalTitle(activity.code)} />}
      {outcome === 'ok' && activity.wouldBeCode !== null && (
        <Why
          code={activity.wouldBeCode}
          explanation={activity.explanation}
          tone="warn"
          title="Would be refused if a certificate were required"
        />
      )}
      {!proven && <UnprovenNotice />}
      <ActivityFacts activity={activity} />
    </div>
  )
}

function Why({
  code,
  explanation,
  tone,
  title,
}: Pick<ActivityView, 'code' | 'explanation'> & { tone: 'bad' | 'warn'; title: string }) {
  const { params } = usePlace()
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
