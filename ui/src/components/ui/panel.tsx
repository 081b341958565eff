import { Title } from '@mantine/core'
import { type ReactNode, useId } from 'react'
import classes from './panel.module.css'

interface PanelProps {
  title?: string
  description?: ReactNode
  actions?: ReactNode
  /** Content that reaches the edges, such as a table. */
  flush?: boolean
  tone?: 'plain' | 'quiet'
  children: ReactNode
}

/** A surface that holds one matter, named by its title. */
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
