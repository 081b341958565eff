import {
  IconAlertTriangle,
  IconChevronRight,
  IconCircleCheck,
  IconCircleX,
  IconClockHour4,
} from '@tabler/icons-react'
import { Link, type LinkProps } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import classes from './action-list.module.css'

/** Something that needs the user, and the page where they act. */
export interface ActionItem {
  id: string
  tone: 'bad' | 'warn' | 'info'
  title: string
  detail: string
  link: Pick<LinkProps, 'to' | 'params' | 'search'>
}

const icons = { bad: IconCircleX, warn: IconAlertTriangle, info: IconClockHour4 }

/** Shows what needs the user, each with the way to it; `calm` says what is in order while there is nothing. */
export function ActionList({ items, calm, more }: { items: ActionItem[]; calm: string; more?: ReactNode }) {
  if (items.length === 0)
    return (
      <p className={classes.calm}>
        <IconCircleCheck size={20} aria-hidden />
        {calm}
      </p>
    )
  return (
    <ul className={classes.list}>
      {items.map(({ id, tone, title, detail, link }) => {
        const Icon = icons[tone]
        return (
          <li key={id}>
            <Link className={classes.need ?? ''} {...(link as { to: '/' })}>
              <Icon size={20} className={classes.icon} data-tone={tone} aria-hidden />
              <span className={classes.words}>
                <strong>{title}</strong>
                <span>{detail}</span>
              </span>
              <IconChevronRight size={16} aria-hidden />
            </Link>
          </li>
        )
      })}
      {more && <li className={classes.more}>{more}</li>}
    </ul>
  )
}
