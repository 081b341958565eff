import { Button } from '@mantine/core'
import { ApiError } from '../../lib/api-error.ts'
import { CopyButton } from './copy-button.tsx'
import classes from './error-notice.module.css'
import { Notice } from './notice.tsx'

const titles: Partial<Record<ApiError['code'], string>> = {
  unreachable: 'No answer from Postern',
  unavailable: 'Postern is not available',
  forbidden: 'You may not do this',
  not_found: 'There is nothing here',
  too_many_requests: 'Too many attempts',
  internal_error: 'Something went wrong in Postern',
  certificate_wrong_state: 'It has changed meanwhile',
}

/** Shows an error: what happened, what it means and what to do, with the trace ID for the log. */
export function ErrorNotice({
  error,
  title,
  onRetry,
}: {
  error: unknown
  title?: string
  onRetry?: () => void
}) {
  const known = error instanceof ApiError ? error : undefined
  return (
    <Notice
      tone="bad"
      announced
      title={title ?? (known && titles[known.code]) ?? 'That did not work'}
      actions={
        onRetry && (
          <Button size="xs" variant="default" onClick={onRetry}>
            Try again
          </Button>
        )
      }
    >
      <p>
        {known?.message ??
          'The page ran into something that it does not know. Reload it; if it stays, tell the operator what you did.'}
      </p>
      {known?.traceId && (
        <p className={classes.trace}>
          Trace id <code>{known.traceId}</code> <CopyButton value={known.traceId} what="the trace id" />
        </p>
      )}
    </Notice>
  )
}
