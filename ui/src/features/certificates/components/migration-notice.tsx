import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { formatCount } from '../../../../../src/contract/format-count.ts'
import { Moment } from '../../../components/ui/moment.tsx'
import { Notice } from '../../../components/ui/notice.tsx'
import { migrationImpactQuery, migrationQuery } from '../../../lib/migration-queries.ts'
import { useWorkspace } from '../../../lib/workspace.tsx'
import { RotateButton } from './rotate-button.tsx'

/** Shows until when certificates from other CAs are accepted, and what to do; nothing without a deadline. */
export function MigrationNotice() {
  const { params, environment, mayWrite } = useWorkspace()
  const navigate = useNavigate()
  const isPossible = environment.externalCertificates !== 'off'
  const { data: plan } = useQuery({ ...migrationQuery(params), enabled: isPossible })
  const hasDeadline = plan !== undefined && plan.deadline !== null
  const { data: impact } = useQuery({ ...migrationImpactQuery(params), enabled: isPossible && hasDeadline })
  if (!hasDeadline || impact === undefined || impact.certificates === 0) return null
  const { nextCertificate: next } = impact
  return (
    <Notice
      tone={plan.state === 'planned' ? 'warn' : 'bad'}
      title={`Replace ${formatCount(impact.certificates, 'certificate')} from other CAs`}
      actions={
        mayWrite &&
        next !== null && (
          <RotateButton
            certificate={{ ...next, status: 'issued' }}
            label={`Replace ${next.name}`}
            onSuccessor={(certificateId) =>
              navigate({
                to: '/o/$organization/$environment/certificates/$certificateId',
                params: { ...params, certificateId },
              })
            }
          />
        )
      }
    >
      <p>
        {plan.state === 'planned' && (
          <>
            They are accepted until <Moment at={plan.deadline} />.
          </>
        )}
        {plan.state === 'postponed' && (
          <>
            They were to end on <Moment at={plan.deadline} />. This is postponed, because calls with them
            would be denied, or may have been missed.
          </>
        )}
        {plan.state === 'ended' && (
          <>
            They have not been accepted since <Moment at={plan.endsAt} />.
          </>
        )}{' '}
        {next === null
          ? 'A replacement was created for each of them. Install the replacements.'
          : 'Create a replacement for each of them, and install it.'}
      </p>
      {plan.message.map((line) => (
        <p key={line}>{line}</p>
      ))}
    </Notice>
  )
}
