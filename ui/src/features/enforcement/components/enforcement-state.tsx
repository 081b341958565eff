import type { EnforcementPolicyView } from '../../../../../src/contract/enforcement-policy.ts'
import { Moment } from '../../../components/ui/moment.tsx'
import { Notice } from '../../../components/ui/notice.tsx'
import { exactTime } from '../../../lib/relative-time.ts'

/** Describes in sentences what is required now, and what is planned. */
export function EnforcementState({ plan: policy, label }: { plan: EnforcementPolicyView; label: string }) {
  const { mode, since, postponedSince } = policy
  if (mode === 'enforce')
    return (
      <Notice tone="good" title="A client certificate is required">
        <p>
          Every call and every token request to {label} needs a valid client certificate. Others are denied
          and appear in Activity with their cause.
          {since && (
            <>
              {' '}
              Set <Moment at={since} />.
            </>
          )}
        </p>
      </Notice>
    )
  if (mode === 'off')
    return (
      <Notice tone="info" title="A client certificate is not required">
        <p>Calls to {label} work with an access token alone, and tokens are issued for the client secret.</p>
      </Notice>
    )
  return (
    <Notice
      tone={postponedSince === null ? 'info' : 'warn'}
      title={
        postponedSince === null
          ? 'A client certificate is not required yet'
          : 'Postponed: calls would be denied, or may have been missed'
      }
    >
      <p>
        Calls to {label} work with an access token alone. The list below shows which calls would be denied
        {since && (
          <>
            {' '}
            (monitored since <Moment at={since} />)
          </>
        )}
        .
      </p>
      <UpcomingChange {...policy} />
    </Notice>
  )
}

function UpcomingChange({ enforceAt, postponedSince, windowHours }: EnforcementPolicyView) {
  if (enforceAt === null) return <p>No date has been set.</p>
  const when = exactTime(new Date(enforceAt))
  return postponedSince === null ? (
    <p>
      <strong>Certificates are required from {when}</strong>, if no call would have been denied in the{' '}
      {windowHours} hours before.
    </p>
  ) : (
    <p>
      Certificates were planned to be required from {when}. They will be required automatically after{' '}
      {windowHours} hours in which the gateways report without a gap and no call would have been denied.
    </p>
  )
}
