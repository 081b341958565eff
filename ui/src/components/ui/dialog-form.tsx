import { Button, Group, Stack } from '@mantine/core'
import type { ReactNode, SubmitEventHandler } from 'react'
import { ErrorNotice } from './error-notice.tsx'

interface DialogFormProps {
  /** What the button that sends says, and while it is under way. */
  action: string
  busy: string
  /** What the button that changes nothing says. */
  keep: string
  /** What the notice of a refusal is called, where its own title does not say enough. */
  failure?: string
  danger?: boolean
  isReady?: boolean
  /** Whether the button that sends has the focus at first, where there is no field. */
  focusesAction?: boolean
  call: { error: unknown; isPending: boolean }
  /** A further way out, before the others. */
  more?: ReactNode
  onSubmit: SubmitEventHandler<HTMLFormElement>
  onClose: () => void
  children: ReactNode
}

/** The form of a dialog: its fields, what went wrong, and the ways out. */
export function DialogForm(props: DialogFormProps) {
  const { action, busy, keep, failure, danger = false, isReady = true, call, more, children } = props
  return (
    <form onSubmit={props.onSubmit}>
      <Stack gap="md">
        {children}
        {call.error !== null && (
          <ErrorNotice error={call.error} {...(failure === undefined ? {} : { title: failure })} />
        )}
        <Group justify="flex-end" gap="xs">
          {more}
          <Button variant="default" onClick={props.onClose}>
            {keep}
          </Button>
          <Button
            type="submit"
            {...(danger ? { color: 'red' } : {})}
            {...(props.focusesAction ? { autoFocus: true, 'data-autofocus': true } : {})}
            disabled={!isReady}
            // A button that is disabled while it waits would lose the focus, and the keyboard its place.
            {...(call.isPending ? { 'data-disabled': true, 'aria-disabled': true } : {})}
            onClick={(event) => call.isPending && event.preventDefault()}
          >
            {call.isPending ? busy : action}
          </Button>
        </Group>
      </Stack>
    </form>
  )
}
