import type { CertificateStatus } from '../../../../../src/contract/certificate.ts'
import type { RotationSide, RotationView } from '../../../../../src/contract/rotation.ts'
import { DescriptionItem, DescriptionList } from '../../../components/ui/description-list.tsx'
import { TextLink } from '../../../components/ui/links.tsx'
import { Moment } from '../../../components/ui/moment.tsx'
import { Panel } from '../../../components/ui/panel.tsx'
import { type Tone, ToneBadge } from '../../../components/ui/tone-badge.tsx'
import { daysLeftText } from '../../../lib/days-left.ts'
import { getDay } from '../../../lib/relative-time.ts'
import { useWorkspace } from '../../../lib/workspace.tsx'
import classes from './rotation-sides.module.css'

/** Shows the old certificate beside its replacement, with the traffic of both. */
export function RotationSides({ old, new: next }: Pick<RotationView, 'old' | 'new'>) {
  return (
    <div className={classes.sides}>
      <Side title="Old certificate" side={old} />
      {next === null ? (
        <Panel title="Replacement">
          <p>There is none yet. Select Rotate on the page of the certificate.</p>
        </Panel>
      ) : (
        <Side title="Replacement" side={next} />
      )}
    </div>
  )
}

const tones: Partial<Record<CertificateStatus, Tone>> = { issued: 'good', revoked: 'bad', expired: 'warn' }

function Side({ title, side }: { title: string; side: RotationSide }) {
  const { params } = useWorkspace()
  const { id, name, status, notAfter, daysLeft, callsPerMinute, calls, deniedCalls, share } = side
  return (
    <Panel title={title} description={<span className={classes.description}>{side.description}</span>}>
      <DescriptionList>
        <DescriptionItem label="Name">
          <span className={classes.name}>
            <TextLink
              to="/o/$organization/$environment/certificates/$certificateId"
              params={{ ...params, certificateId: id }}
            >
              {name}
            </TextLink>
            <ToneBadge tone={tones[status] ?? 'neutral'}>{status}</ToneBadge>
          </span>
        </DescriptionItem>
        <DescriptionItem label="Expires">
          {notAfter === null
            ? 'Not issued'
            : `${getDay(new Date(notAfter))}${status === 'issued' && daysLeft !== null ? `, ${daysLeftText(daysLeft)}` : ''}`}
        </DescriptionItem>
        <DescriptionItem label="Calls per minute">{formatRate(callsPerMinute)}</DescriptionItem>
        <DescriptionItem label="Calls in the last hour">
          {calls.toLocaleString('en')}
          {deniedCalls > 0 && `, and ${deniedCalls.toLocaleString('en')} denied`}
        </DescriptionItem>
        <DescriptionItem label="Share of traffic">
          {share === null ? (
            'No calls in the last hour'
          ) : (
            <>
              {`${Math.round(share * 100)} %`}
              <div className={classes.share} aria-hidden>
                <div className={classes.part} style={{ width: `${share * 100}%` }} />
              </div>
            </>
          )}
        </DescriptionItem>
        <DescriptionItem label="Last call">
          <Moment at={side.lastUsedAt} />
        </DescriptionItem>
        {side.lastDeniedAt !== null && (
          <DescriptionItem label="Last denied">
            <Moment at={side.lastDeniedAt} />
          </DescriptionItem>
        )}
      </DescriptionList>
    </Panel>
  )
}

const formatRate = (rate: number): string => rate.toLocaleString('en', { maximumFractionDigits: 1 })
