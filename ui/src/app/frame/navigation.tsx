import type { Icon } from '@tabler/icons-react'
import { Link, type LinkProps } from '@tanstack/react-router'
import classes from './navigation.module.css'

export interface NavigationItem {
  label: string
  icon: Icon
  link: Pick<LinkProps, 'to' | 'params'>
  /** The first page of an organization is current only if the path is exactly its own. */
  exact?: boolean
}

/** Shows the pages of a frame in groups; groups without a heading are separate. */
export function Navigation({
  label,
  groups,
}: {
  label: string
  groups: { heading?: string; items: NavigationItem[] }[]
}) {
  return (
    <nav aria-label={label} className={classes.nav}>
      {groups.map(({ heading, items }) => (
        <div key={items[0]?.label}>
          {heading && <p className={classes.heading}>{heading}</p>}
          <ul className={classes.list}>
            {items.map(({ label: name, icon: ItemIcon, link, exact = false }) => (
              <li key={name}>
                <Link
                  {...(link as { to: '/' })}
                  className={classes.link ?? ''}
                  activeOptions={{ exact, includeSearch: false }}
                >
                  <ItemIcon size={18} stroke={1.6} aria-hidden />
                  {name}
                </Link>
              </li>
            ))}
          </ul>
        </div>
      ))}
    </nav>
  )
}
