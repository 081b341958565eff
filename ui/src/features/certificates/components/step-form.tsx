import { Button, Title } from '@mantine/core'
import type { ReactNode, SubmitEvent } from 'react'
import { ErrorNotice } from '../../../components/ui/error-notice.tsx'
import classes from './step-form.module.css'

interface StepFormProps {
  title: string
  description: ReactNode
  /** What the button that goes on says. */
  action?: string
  ready?: boolean
  busy?: boolean | undefined
  error?: unknown
  back?: ReactNode
  onSubmit: (event: SubmitEvent<HTMLFormElement>) => void
  children: ReactNode
}

/** One step of the creation: what it asks, its fields, and the way on. */
export function StepForm(props: StepFormProps) {
  const { title, description, action = 'Continue', ready = true, busy = false, error, back, children } = props
  const submit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault()
    if (!busy) props.onSubmit(event)
  }
  return (
    <form className={classes.form} onSubmit={submit} noValidate>
      <header>
        <Title order={2}>{title}</Title>
        <p className={classes.description}>{description}</p>
      </header>
      {children}
      {error !== undefined && error !== null && <ErrorNotice error={error} />}
      <footer className={classes.foot}>
        {back}
        <Button type="submit" disabled={!ready || busy}>
          {busy ? 'One moment…' : action}
        </Button>
      </footer>
    </form>
  )
}
