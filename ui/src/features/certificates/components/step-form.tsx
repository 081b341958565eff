import { Button } from '@mantine/core'
import type { ReactNode, SubmitEvent } from 'react'
import { ErrorNotice } from '../../../components/ui/error-notice.tsx'
import { StepLayout } from '../../../components/ui/step-layout.tsx'

interface StepFormProps {
  title: string
  description: ReactNode
  /** The label of the button that continues. */
  action?: string
  ready?: boolean
  busy?: boolean | undefined
  error?: unknown
  back?: ReactNode
  onSubmit: (event: SubmitEvent<HTMLFormElement>) => void
  children: ReactNode
}

/** Shows one step of the creation: its question, its fields, and the button that continues. */
export function StepForm(props: StepFormProps) {
  const { title, description, action = 'Continue', ready = true, busy = false, error, back, children } = props
  const submit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault()
    if (!busy) props.onSubmit(event)
  }
  return (
    <form onSubmit={submit} noValidate>
      <StepLayout
        title={title}
        description={description}
        foot={
          <>
            {back}
            <Button type="submit" disabled={!ready || busy}>
              {busy ? 'One moment…' : action}
            </Button>
          </>
        }
      >
        {children}
        {error !== undefined && error !== null && <ErrorNotice error={error} />}
      </StepLayout>
    </form>
  )
}
