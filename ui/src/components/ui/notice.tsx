import { IconAlertTriangle, IconCircleCheck, IconCircleX, IconInfoCircle } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import classes from './notice.module.css'

const icons = {
  info: IconInfoCircle,
  good: IconCircleCheck,
  warn: IconAlertTriangle,
  bad: IconCircleX,
}

interface NoticeProps {
  tone: keyof typeof icons
  title?: ReactNode
  /** Announced immediately to screen readers, for what has just happened. */
  announced?: boolean
  actions?: ReactNode
  children?: ReactNode
}

/** Shows an important message. */
export function Notice({ tone, title, announced = false, actions, children }: NoticeProps) {
  const Icon = icons[tone]
  return (
    <div className={classes.notice} data-tone={tone} role={announced ? 'alert' : undefined}>
      <Icon size={20} className={classes.icon} aria-hidden />
      <div className={classes.body}>
        {title && <p className={classes.title}>{title}</p>}
        {children && <div className={classes.text}>{children}</div>}
        {actions && <div className={classes.actions}>{actions}</div>}
      </div>
    </div>
  )
}
