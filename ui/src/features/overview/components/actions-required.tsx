import {
  IconAlertTriangle,
  IconChevronRight,
  IconCircleCheck,
  IconCircleX,
  IconClockHour4,
} from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import { TextLink } from '../../../components/ui/links.tsx'
import { Panel } from '../../../components/ui/panel.tsx'
import { useWorkspace } from '../../../lib/workspace.tsx'
import type { RequiredAction } from '../describe-required-actions.ts'
import classes from './actions-required.module.css'

const icons = { bad: IconCircleX, warn: IconAlertTriangle, info: IconClockHour4 }

/** Shows what needs action, the most urgent first. */
export function ActionsRequired({ needs, hasMore }: { needs: RequiredAction[]; hasMore: boolean }) {
  const { params } = useWorkspace()
  return (
    <Panel title="Needs you" flush>
      {needs.length === 0 ? (
        <p className={classes.calm}>
          <IconCircleCheck size={20} aria-hidden />
          Nothing. No certificate expires within 30 days, no rotation is unfinished, and no request was denied
          in the last hour.
        </p>
      ) : (
        <ul className={classes.list}>
          {needs.map((need) => (
            <li key={need.id}>
              <RequiredActionLink need={need} />
            </li>
          ))}
          {hasMore && (
            <li className={classes.more}>
              <TextLink
                size="sm"
                to="/o/$organization/$environment/certificates"
                params={params}
                search={{ sort: 'expires' }}
              >
                There are more: see all certificates by expiry
              </TextLink>
            </li>
          )}
        </ul>
      )}
    </Panel>
  )
}

function RequiredActionLink({ need: { tone, title, detail, leadsTo } }: { need: RequiredAction }) {
  const { params } = useWorkspace()
  const Icon = icons[tone]
  const content = (
    <>
      <Icon size={20} className={classes.icon} data-tone={tone} aria-hidden />
      <span className={classes.words}>
        <strong>{title}</strong>
        <span>{detail}</span>
      </span>
      <IconChevronRight size={16} aria-hidden />
    </>
  )
  const look = { className: classes.need ?? '' }
  if (leadsTo.page === 'denials')
    return (
      <Link
        {...look}
        to="/o/$organization/$environment/activity"
        params={params}
        search={{ outcome: 'denied' }}
      >
        {content}
      </Link>
    )
  const ids = { ...params, certificateId: leadsTo.certificateId }
  if (leadsTo.page === 'draft')
    return (
      <Link
        {...look}
        to="/o/$organization/$environment/certificates/$certificateId/create/$step"
        params={{ ...ids, step: 'key' }}
      >
        {content}
      </Link>
    )
  return (
    <Link {...look} to="/o/$organization/$environment/certificates/$certificateId" params={ids}>
      {content}
    </Link>
  )
}
