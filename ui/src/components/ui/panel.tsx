import { Title } from '@mantine/core'
import { type ReactNode, useId } from 'react'
import classes from './panel.module.css'

interface PanelProps {
  title?: string
  description?: ReactNode
  actions?: ReactNode
  /** For content without padding, such as a table. */
  flush?: boolean
  tone?: 'plain' | 'quiet'
  children: ReactNode
}

/** Shows a titled section. */
export function Panel({ title, description, actions, flush = false, tone = 'plain', children }: PanelProps) {
  const titleId = useId()
  return (
    <section
      className={classes.panel}
      data-flush={flush}
      data-tone={tone}
      aria-labelledby={title ? titleId : undefined}
    >
      {title && (
        <header className={classes.head}>
          <div>
            <Title order={2} id={titleId} size="h3">
              {title}
            </Title>
            {description && <p className={classes.description}>{description}</p>}
          </div>
          {actions}
        </header>
      )}
      <div className={classes.body}>{children}</div>
    </section>
  )
}
