import { Button } from '@mantine/core'
import { IconBulb } from '@tabler/icons-react'
import type { LinkProps } from '@tanstack/react-router'
import type { SignalView } from '../../../../../src/contract/signal.ts'
import { ErrorNotice } from '../../../components/ui/error-notice.tsx'
import { ButtonLink } from '../../../components/ui/links.tsx'
import { Moment } from '../../../components/ui/moment.tsx'
import { useWorkspace, type Workspace } from '../../../lib/workspace.tsx'
import { useSetDismissed } from '../api/signals.ts'
import { type DescribedSignal, describeSignal } from '../describe-signal.ts'
import classes from './signal-list.module.css'

/** Shows signals, each with its one action; who may write dismisses them, or takes that back. */
export function SignalList({ signals }: { signals: readonly SignalView[] }) {
  const { params, mayWrite } = useWorkspace()
  const setDismissed = useSetDismissed(params)
  return (
    <>
      {setDismissed.error !== null && <ErrorNotice error={setDismissed.error} />}
      <ul className={classes.list}>
        {signals.map((signal) => {
          const described = describeSignal(signal)
          const isDismissed = signal.dismissedAt !== null
          return (
            <li key={signal.id} className={classes.signal}>
              <IconBulb size={20} className={classes.icon} aria-hidden />
              <div className={classes.words}>
                <strong>{described.title}</strong>
                <span>{described.detail}</span>
                {isDismissed && <Dismissal of={signal} />}
              </div>
              <div className={classes.actions}>
                {!isDismissed && (
                  <ButtonLink
                    size="xs"
                    variant="default"
                    aria-label={`${described.action}: ${described.title}`}
                    {...(toLink(described.leadsTo, params) as { to: '/' })}
                  >
                    {described.action}
                  </ButtonLink>
                )}
                {mayWrite && (
                  <Button
                    size="xs"
                    variant="subtle"
                    aria-label={`${isDismissed ? 'Show again' : 'Not again'}: ${described.title}`}
                    loading={setDismissed.isPending && setDismissed.variables.id === signal.id}
                    onClick={() => setDismissed.mutate({ id: signal.id, dismissed: !isDismissed })}
                  >
                    {isDismissed ? 'Show again' : 'Not again'}
                  </Button>
                )}
              </div>
            </li>
          )
        })}
      </ul>
    </>
  )
}

function Dismissal({ of: { dismissedAt, dismissedBy, resolvedAt } }: { of: SignalView }) {
  return (
    <span>
      Dismissed by {dismissedBy?.label ?? 'a former user'}, <Moment at={dismissedAt} />
      {resolvedAt === null ? '.' : '. It has ended since.'}
    </span>
  )
}

function toLink(
  leadsTo: DescribedSignal['leadsTo'],
  params: Workspace['params'],
): Pick<LinkProps, 'to' | 'params'> {
  if (leadsTo.page === 'credentials') return { to: '/o/$organization/$environment/credentials', params }
  const ids = { ...params, certificateId: leadsTo.certificateId }
  return leadsTo.page === 'rotation'
    ? { to: '/o/$organization/$environment/certificates/$certificateId/rotation', params: ids }
    : { to: '/o/$organization/$environment/certificates/$certificateId', params: ids }
}
