import { Title } from '@mantine/core'
import { useDocumentTitle } from '@mantine/hooks'
import type { ReactNode } from 'react'
import classes from './page.module.css'

interface PageProps {
  title: string
  /** What stands beside the title, such as a badge. */
  beside?: ReactNode
  /** Where this page belongs, above the title. */
  above?: ReactNode
  description?: ReactNode
  actions?: ReactNode
  /** Narrow pages hold forms and reading; wide ones tables. */
  width?: 'narrow' | 'wide'
  children: ReactNode
}

/** A page with its heading; the title is also the title of the window. */
export function Page({ title, beside, above, description, actions, width = 'wide', children }: PageProps) {
  useDocumentTitle(`${title} · Postern`)
  return (
    <div className={classes.page} data-width={width}>
      <header className={classes.head}>
        <div className={classes.titles}>
          {above && <div className={classes.above}>{above}</div>}
          <div className={classes.titleRow}>
            <Title order={1} className={classes.title}>
              {title}
            </Title>
            {beside}
          </div>
          {description && <p className={classes.description}>{description}</p>}
        </div>
        {actions && <div className={classes.actions}>{actions}</div>}
      </header>
      {children}
    </div>
  )
}
