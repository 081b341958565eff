import { Button } from '@mantine/core'
import { ApiError } from '../../lib/api-error.ts'
import { StepUpCancelled } from '../../lib/step-up.ts'
import { CopyButton } from './copy-button.tsx'
import classes from './error-notice.module.css'
import { Notice } from './notice.tsx'

const titles: Partial<Record<ApiError['code'], string>> = {
  unreachable: 'No answer from Postern',
  unavailable: 'Postern is not available',
  second_person_required: 'Waits for a second operator',
  forbidden: 'You do not have permission',
  not_found: 'Not found',
  too_many_requests: 'Too many attempts',
  internal_error: 'Postern failed to process the request',
  certificate_wrong_state: 'The data has changed',
  idempotency_key_reused: 'An earlier attempt was carried out',
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
  if (error instanceof StepUpCancelled) return null
  const known = error instanceof ApiError ? error : undefined
  return (
    <Notice
      tone="bad"
      announced
      title={title ?? (known && titles[known.code]) ?? 'The request failed'}
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
          'The page failed. Reload it. If the error persists, tell the operator what you did.'}
      </p>
      {known && (
        <p className={classes.trace}>
          Code <code>{known.code}</code>
        </p>
      )}
      {known?.traceId && (
        <p className={classes.trace}>
          Trace ID <code>{known.traceId}</code> <CopyButton value={known.traceId} what="the trace ID" />
        </p>
      )}
    </Notice>
  )
}
