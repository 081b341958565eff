import { Link } from '@tanstack/react-router'
import { useWorkspace } from '../../lib/workspace.tsx'
import classes from './environment-switch.module.css'

const sections = ['certificates', 'credentials', 'activity', 'help'] as const

/** Switches to the same page of another environment; state of the current environment is dropped. */
export function EnvironmentSwitch({ pathname }: { pathname: string }) {
  const { environments, environment, params } = useWorkspace()
  const section = sections.find((each) => pathname.split('/')[4] === each)
  const to = section ? (`/o/$organization/$environment/${section}` as const) : '/o/$organization/$environment'
  return (
    <nav aria-label="Environment" className={classes.switch}>
      {environments.map(({ name, label, live }) => (
        <Link
          key={name}
          to={to}
          params={{ ...params, environment: name }}
          className={classes.option ?? ''}
          data-live={live}
          data-chosen={name === environment.name}
          aria-current={name === environment.name ? 'true' : undefined}
        >
          <span className={classes.sign} aria-hidden />
          {label}
        </Link>
      ))}
    </nav>
  )
}
