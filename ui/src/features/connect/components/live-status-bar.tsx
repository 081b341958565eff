import { IconCircleCheck, IconCircleX, IconRadar2 } from '@tabler/icons-react'
import { useEffect, useState } from 'react'
import type { ActivityView } from '../../../../../src/contract/activity.ts'
import type { CertificateView } from '../../../../../src/contract/certificate.ts'
import { TextLink } from '../../../components/ui/links.tsx'
import { Moment } from '../../../components/ui/moment.tsx'
import { denialTitle } from '../../../lib/denial-titles.ts'
import { useWorkspace } from '../../../lib/workspace.tsx'
import { type ConfigureStep, getStepTitle } from './configure-steps.tsx'
import classes from './live-status-bar.module.css'
import { NothingArrived } from './nothing-arrived.tsx'

interface LiveStatusBarProps {
  certificate: Pick<CertificateView, 'id' | 'name'>
  /** The latest gateway event since the page was opened. */
  arrived: ActivityView | undefined
  /** The latest gateway event of the certificate, from before too. */
  last: ActivityView | undefined
  /** The first step that the gateway has not seen; undefined after all of them. */
  next: ConfigureStep | undefined
  /** When a command was last copied, milliseconds since 1970; 0 if none was. */
  copiedAt: number
  /** Whether the page is connected to the event stream. */
  connected: boolean
}

/** Shows gateway events while the user follows the steps. */
export function LiveStatusBar({ certificate, arrived, last, next, copiedAt, connected }: LiveStatusBarProps) {
  const newest = arrived ?? last
  const isStalled = useStalled(arrived, last, copiedAt)
  const state = isStalled || newest === undefined ? 'waiting' : newest.outcome
  return (
    <div className={classes.strip} role="status" aria-label="Live" data-state={state}>
      {state === 'waiting' && <Waiting name={certificate.name} connected={connected} isStalled={isStalled} />}
      {state === 'allowed' && newest && <Seen activity={newest} certificateId={certificate.id} next={next} />}
      {state === 'denied' && newest && <Denied activity={newest} />}
    </div>
  )
}

const stalledMs = 20_000

/**
 * Returns whether a call should have arrived by now: 20 seconds after a command was copied, or after the page was
 * opened if the certificate has never been used.
 */
function useStalled(
  arrived: ActivityView | undefined,
  last: ActivityView | undefined,
  copiedAt: number,
): boolean {
  const [openedAt] = useState(Date.now)
  // An event that arrives after a copy ends the wait for it.
  const [answered, setAnswered] = useState({ id: '', at: 0 })
  if (arrived !== undefined && arrived.id !== answered.id) setAnswered({ id: arrived.id, at: Date.now() })
  const since = copiedAt > 0 ? copiedAt : last === undefined ? openedAt : undefined
  const isWaiting = since !== undefined && answered.at < since
  const [, wake] = useState(0)
  useEffect(() => {
    if (!isWaiting) return
    const timer = setTimeout(() => wake(Date.now()), Math.max(0, since + stalledMs - Date.now()))
    return () => clearTimeout(timer)
  }, [isWaiting, since])
  return isWaiting && Date.now() >= since + stalledMs
}

interface WaitingProps {
  name: string
  connected: boolean
  isStalled: boolean
}

function Waiting({ name, connected, isStalled }: WaitingProps) {
  return (
    <>
      <IconRadar2 size={20} className={classes.radar} aria-hidden />
      <div>
        {isStalled ? (
          <NothingArrived />
        ) : (
          <>
            <strong>{`Waiting for the first call with ${name}…`}</strong>
            <p>{connected ? 'It appears here within two seconds.' : 'Connecting to live events…'}</p>
          </>
        )}
      </div>
    </>
  )
}

interface SeenProps {
  activity: ActivityView
  certificateId: string
  next: ConfigureStep | undefined
}

function Seen({ activity, certificateId, next }: SeenProps) {
  const { tlsVersion, clientAddress, at, certificate } = activity
  const details = [certificate?.name, tlsVersion, clientAddress].filter(Boolean).join(' · ')
  return (
    <>
      <IconCircleCheck size={20} aria-hidden />
      <div>
        <strong>{seenWords(activity)}</strong>
        <p>
          {details} · <Moment at={at} />
        </p>
        <p>
          <NextStep certificateId={certificateId} next={next} />
        </p>
      </div>
    </>
  )
}

/** Names what comes after a call that was allowed. */
function NextStep({ certificateId, next }: Pick<SeenProps, 'certificateId' | 'next'>) {
  const { params } = useWorkspace()
  if (next === undefined)
    return (
      <>
        {'All steps are done. '}
        <TextLink
          underline="always"
          to="/o/$organization/$environment/certificates/$certificateId"
          params={{ ...params, certificateId }}
          search={{ tab: 'activity' }}
        >
          View activity
        </TextLink>
      </>
    )
  return (
    <>
      {'Next: '}
      <TextLink
        underline="always"
        to="/o/$organization/$environment/certificates/$certificateId/configure/$step"
        params={{ ...params, certificateId, step: next }}
      >
        {getStepTitle(next)}
      </TextLink>
    </>
  )
}

function seenWords({ kind, method, path, status }: ActivityView): string {
  if (kind === 'token') return 'It works: the gateway issued a token'
  if (kind === 'connection') return 'The gateway accepted the certificate'
  return `${method ?? 'A call'} ${path ?? ''} was answered with ${status ?? 'success'}`
}

function Denied({ activity: { code, explanation, at, clientAddress } }: { activity: ActivityView }) {
  const { params } = useWorkspace()
  return (
    <>
      <IconCircleX size={20} aria-hidden />
      <div>
        <strong>
          {denialTitle(code)} <code>{code}</code>
        </strong>
        <p>{explanation}</p>
        <p>
          {`From ${clientAddress}, `}
          <Moment at={at} />
          {code && (
            <>
              {' · '}
              <TextLink
                underline="always"
                to="/o/$organization/$environment/help"
                params={params}
                search={{ code }}
              >
                Why, and what to do
              </TextLink>
            </>
          )}
        </p>
      </div>
    </>
  )
}
