import { IconCircleCheck, IconCircleX, IconRadar2 } from '@tabler/icons-react'
import type { ActivityView } from '../../../../../src/contract/activity.ts'
import { TextLink } from '../../../components/ui/links.tsx'
import { Moment } from '../../../components/ui/moment.tsx'
import { denialTitle } from '../../../lib/denial-titles.ts'
import { useWorkspace } from '../../../lib/workspace.tsx'
import classes from './live-status-bar.module.css'

interface LiveStatusBarProps {
  name: string
  /** The latest gateway event since the page was opened. */
  newest: ActivityView | undefined
  /** Whether the page is connected to the event stream. */
  connected: boolean
}

/** Shows gateway events while the user follows the steps. */
export function LiveStatusBar({ name, newest, connected }: LiveStatusBarProps) {
  const state = newest === undefined ? 'waiting' : newest.outcome
  return (
    <div className={classes.strip} role="status" aria-label="Live" data-state={state}>
      {newest === undefined && <Waiting name={name} connected={connected} />}
      {newest?.outcome === 'allowed' && <Seen activity={newest} />}
      {newest?.outcome === 'denied' && <Denied activity={newest} />}
    </div>
  )
}

function Waiting({ name, connected }: { name: string; connected: boolean }) {
  return (
    <>
      <IconRadar2 size={20} className={classes.radar} aria-hidden />
      <div>
        <strong>{`Waiting for the first call with ${name}…`}</strong>
        <p>{connected ? 'It shows here within two seconds.' : 'Connecting to the gateway’s reports…'}</p>
      </div>
    </>
  )
}

function Seen({ activity }: { activity: ActivityView }) {
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
      </div>
    </>
  )
}

function seenWords({ kind, method, path, status }: ActivityView): string {
  if (kind === 'token') return 'It works: the gateway issued a token'
  if (kind === 'connection') return 'The gateway let the certificate in'
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
