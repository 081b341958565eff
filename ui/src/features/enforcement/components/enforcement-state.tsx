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
          Every call and every token request to {label} needs a certificate that counts. Others are refused,
          and stand in the activity with their cause.
          {since && (
            <>
              {' '}
              It was decided <Moment at={since} />.
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
          : 'Held back: calls would be refused'
      }
    >
      <p>
        Calls to {label} work with an access token alone. Below stands which of them would be refused
        {since && (
          <>
            {' '}
            (observed since <Moment at={since} />)
          </>
        )}
        .
      </p>
      <UpcomingChange {...policy} />
    </Notice>
  )
}

function UpcomingChange({ enforceAt, postponedSince, windowHours }: EnforcementPolicyView) {
  if (enforceAt === null) return <p>Nobody has set yet from when on it is required.</p>
  const when = exactTime(new Date(enforceAt))
  return postponedSince === null ? (
    <p>
      <strong>From {when} on it is required</strong>, if no call would have been refused in the {windowHours}{' '}
      hours before.
    </p>
  ) : (
    <p>
      It was to be required from {when} on. It will be, by itself, as soon as no call would have been refused
      for {windowHours} hours.
    </p>
  )
}
