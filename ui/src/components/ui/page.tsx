import { Title } from '@mantine/core'
import { useDocumentTitle } from '@mantine/hooks'
import type { ReactNode } from 'react'
import classes from './page.module.css'

interface PageProps {
  title: string
  /** The name of what the page shows, if the title does not contain it. */
  about?: string
  /** What is next to the title, such as a badge. */
  beside?: ReactNode
  /** The parent of this page, above the title. */
  above?: ReactNode
  description?: ReactNode
  actions?: ReactNode
  /** Narrow pages contain forms and text; wide ones tables. */
  width?: 'narrow' | 'wide'
  children: ReactNode
}

/** Shows a page with its heading, which is also the title of the window. */
export function Page(props: PageProps) {
  const { title, about, beside, above, description, actions, width = 'wide', children } = props
  useDocumentTitle(`${about === undefined ? '' : `${about} · `}${title} · Postern`)
  return (
    <div className={classes.page} data-width={width}>
      <header className={classes.head}>
        <div className={classes.titles}>
          {above && <div className={classes.above}>{above}</div>}
          <div className={classes.titleRow}>
            <Title order={1} className={classes.title}>
              {title}
            </Title>
            {about !== undefined && <strong className={classes.about}>{about}</strong>}
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
