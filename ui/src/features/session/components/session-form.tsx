import { Button, Stack } from '@mantine/core'
import type { ReactNode, SubmitEventHandler } from 'react'
import { ErrorNotice } from '../../../components/ui/error-notice.tsx'

interface SessionFormProps {
  /** What the notice of a refusal is called. */
  failure: string
  action: string
  busy: string
  call: { isError: boolean; error: unknown; isPending: boolean }
  onSubmit: SubmitEventHandler<HTMLFormElement>
  children: ReactNode
}

/** A form about a person's session: the refusal above its fields, and one button. */
export function SessionForm({ failure, action, busy, call, onSubmit, children }: SessionFormProps) {
  return (
    <form onSubmit={onSubmit}>
      <Stack gap="md">
        {call.isError && <ErrorNotice error={call.error} title={failure} />}
        {children}
        <Button type="submit" size="md" disabled={call.isPending} mt="xs">
          {call.isPending ? busy : action}
        </Button>
      </Stack>
    </form>
  )
}
