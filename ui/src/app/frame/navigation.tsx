import { VisuallyHidden } from '@mantine/core'
import type { Icon } from '@tabler/icons-react'
import { Link, type LinkProps } from '@tanstack/react-router'
import classes from './navigation.module.css'

export interface NavigationItem {
  label: string
  icon: Icon
  link: Pick<LinkProps, 'to' | 'params'>
  /** The first page of an organization is current only if the path is exactly its own. */
  exact?: boolean
  /** How many things wait for the user there. */
  badge?: { text: string; label: string } | undefined
}

/** Pages under a heading; `groups` are smaller groups within it. */
export interface NavigationGroup {
  heading?: string
  items: NavigationItem[]
  groups?: (NavigationGroup & { heading: string })[]
}

/** Shows the pages of a frame in groups; groups without a heading are separate. */
export function Navigation({ label, groups }: { label: string; groups: NavigationGroup[] }) {
  return (
    <nav aria-label={label} className={classes.nav}>
      {groups.map((group) => (
        <Group key={group.items[0]?.label} {...group} />
      ))}
    </nav>
  )
}

function Group({ heading, items, groups = [] }: NavigationGroup) {
  return (
    <div>
      {heading && <p className={classes.heading}>{heading}</p>}
      <ul className={classes.list}>
        {items.map((item) => (
          <li key={item.label}>
            <PageLink {...item} />
          </li>
        ))}
        {groups.map((group) => (
          <li key={group.heading} className={classes.within}>
            <Group {...group} />
          </li>
        ))}
      </ul>
    </div>
  )
}

function PageLink({ label, icon: ItemIcon, link, exact = false, badge }: NavigationItem) {
  return (
    <Link
      {...(link as { to: '/' })}
      className={classes.link ?? ''}
      activeOptions={{ exact, includeSearch: false }}
    >
      <ItemIcon size={18} stroke={1.6} aria-hidden />
      {label}
      {badge && (
        <span className={classes.badge}>
          <span aria-hidden>{badge.text}</span>
          <VisuallyHidden>{badge.label}</VisuallyHidden>
        </span>
      )}
    </Link>
  )
}
