import { IconCircleCheck, IconCircleX, IconRadar2 } from '@tabler/icons-react'
import type { ActivityView } from '../../../../../src/contract/activity.ts'
import { TextLink } from '../../../components/ui/links.tsx'
import { Moment } from '../../../components/ui/moment.tsx'
import { usePlace } from '../../../lib/place.tsx'
import { refusalTitle } from '../../../lib/refusal-titles.ts'
import classes from './live-strip.module.css'

interface LiveStripProps {
  name: string
  /** The latest gateway event since the page was opened. */
  newest: ActivityView | undefined
  /** Whether the page is connected to the event stream. */
  connected: boolean
}

/** Shows gateway events while the user follows the steps. */
export function LiveStrip({ name, newest, connected }: LiveStripProps) {
  const state = newest === undefined ? 'waiting' : newest.outcome
  return (
    <div className={classes.strip} role="status" aria-label="Live" data-state={state}>
      {newest === undefined && <Waiting name={name} connected={connected} />}
      {newest?.outcome === 'ok' && <Seen activity={newest} />}
      {newest?.outcome === 'refused' && <Refused activity={newest} />}
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
  const facts = [certificate?.name, tlsVersion, clientAddress].filter(Boolean).join(' · ')
  return (
    <>
      <IconCircleCheck size={20} aria-hidden />
      <div>
        <strong>{seenWords(activity)}</strong>
        <p>
          {facts} · <Moment at={at} />
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

function Refused({ activity: { code, explanation, at, clientAddress } }: { activity: ActivityView }) {
  const { params } = usePlace()
  return (
    <>
      <IconCircleX size={20} aria-hidden />
      <div>
        <strong>
          {refusalTitle(code)} <code>{code}</code>
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
