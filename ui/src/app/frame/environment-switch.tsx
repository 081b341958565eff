import { Link, useNavigate } from '@tanstack/react-router'
import { type MouseEvent, useState } from 'react'
import type { EnvironmentView } from '../../../../src/contract/environment.ts'
import { ConfirmDialog } from '../../components/ui/confirm-dialog.tsx'
import { hasUnsavedInput } from '../../lib/unsaved-input.ts'
import { useWorkspace } from '../../lib/workspace.tsx'
import classes from './environment-switch.module.css'

const sections = ['certificates', 'credentials', 'activity', 'team', 'help'] as const

/** Switches to the same page of another environment; asks first while a form holds unsaved input. */
export function EnvironmentSwitch({ pathname }: { pathname: string }) {
  const { environments, environment, params } = useWorkspace()
  const section = sections.find((each) => pathname.split('/')[4] === each)
  const to = section ? (`/o/$organization/$environment/${section}` as const) : '/o/$organization/$environment'
  const [asked, setAsked] = useState<EnvironmentView>()
  const navigate = useNavigate()
  const ask = (event: MouseEvent, next: EnvironmentView) => {
    const opensTab = event.metaKey || event.ctrlKey || event.shiftKey
    if (opensTab || next.name === environment.name || !hasUnsavedInput()) return
    event.preventDefault()
    setAsked(next)
  }
  const leave = () => {
    setAsked(undefined)
    if (asked) void navigate({ to, params: { ...params, environment: asked.name } })
  }
  return (
    <nav aria-label="Environment" className={classes.switch}>
      <ConfirmDialog
        opened={asked !== undefined}
        title={`Switch to ${asked?.label ?? ''}?`}
        action="Switch environment"
        keep="Stay here"
        busy={false}
        error={null}
        onConfirm={leave}
        onClose={() => setAsked(undefined)}
      >
        <p>
          {`This page has input that is not saved yet. It belongs to ${environment.label}. Text fields are kept in this tab until you return. Files and keys are not.`}
        </p>
      </ConfirmDialog>
      {environments.map((each) => (
        <Link
          key={each.name}
          to={to}
          params={{ ...params, environment: each.name }}
          className={classes.option ?? ''}
          data-live={each.live}
          data-chosen={each.name === environment.name}
          aria-current={each.name === environment.name ? 'true' : undefined}
          onClick={(event) => ask(event, each)}
        >
          <span className={classes.sign} aria-hidden />
          {each.label}
        </Link>
      ))}
    </nav>
  )
}
