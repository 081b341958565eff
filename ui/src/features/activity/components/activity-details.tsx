import type { ReactNode } from 'react'
import type { ActivityView } from '../../../../../src/contract/activity.ts'
import { CopyValue } from '../../../components/ui/copy-value.tsx'
import { Fact, Facts } from '../../../components/ui/facts.tsx'
import { TextLink } from '../../../components/ui/links.tsx'
import { Notice } from '../../../components/ui/notice.tsx'
import { usePlace } from '../../../lib/place.tsx'
import { refusalTitle } from '../../../lib/refusal-titles.ts'
import { exactTime } from '../../../lib/relative-time.ts'
import classes from './activity-details.module.css'

/** Everything that is known of one thing that the gateway saw. */
export function ActivityDetails({ activity }: { activity: ActivityView }) {
  const { outcome, presented, traceId, at } = activity
  const connection: [string, ReactNode][] = [
    ['Time', exactTime(new Date(at))],
    ['Client ID', activity.clientId],
    ['Client address', activity.clientAddress],
    ['Server name', activity.serverName],
    [
      'TLS',
      [activity.tlsVersion, activity.cipher, activity.resumed ? 'resumed' : null].filter(Boolean).join(', '),
    ],
    ['Trace id', <CopyValue key="trace" value={traceId} what="the trace id" />],
  ]
  const certificate: [string, ReactNode][] = presented
    ? [
        ['Presented', presented.subject],
        ['Issued by', presented.issuer],
        ['Serial number', <code key="serial">{presented.serialNumber}</code>],
        ['SHA-256', <code key="fingerprint">{presented.fingerprintSha256}</code>],
      ]
    : []
  return (
    <div className={classes.root}>
      {outcome === 'refused' && <Why {...activity} tone="bad" title={refusalTitle(activity.code)} />}
      {outcome === 'ok' && activity.wouldBeCode !== null && (
        <Why
          code={activity.wouldBeCode}
          explanation={activity.explanation}
          tone="warn"
          title="Would be refused if a certificate were required"
        />
      )}
      <Facts columns={2}>
        {[...connection, ...certificate]
          .filter(([, value]) => value !== null && value !== '')
          .map(([label, value]) => (
            <Fact key={label} label={label}>
              {value}
            </Fact>
          ))}
      </Facts>
    </div>
  )
}

function Why({
  code,
  explanation,
  tone,
  title,
}: Pick<ActivityView, 'code' | 'explanation'> & { tone: 'bad' | 'warn'; title: string }) {
  const { params } = usePlace()
  return (
    <Notice tone={tone} title={title}>
      {explanation && <p>{explanation}</p>}
      {code && (
        <p>
          <code>{code}</code>{' '}
          <TextLink
            underline="always"
            to="/o/$organization/$environment/help"
            params={params}
            search={{ code }}
          >
            Why, and what to do
          </TextLink>
        </p>
      )}
    </Notice>
  )
}
