import { Skeleton } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import type { RotationView } from '../../../../../src/contract/rotation.ts'
import { ErrorNotice } from '../../../components/ui/error-notice.tsx'
import { TextLink } from '../../../components/ui/links.tsx'
import { Moment } from '../../../components/ui/moment.tsx'
import { Panel } from '../../../components/ui/panel.tsx'
import { useWorkspace } from '../../../lib/workspace.tsx'
import { rotationQuery } from '../api/get-rotation.ts'
import { describeOverlap, isLimited } from '../describe-overlap.ts'
import { PlanText } from './plan-text.tsx'
import { RemainingUse } from './remaining-use.tsx'
import { RetireButton } from './retire-button.tsx'
import { RotationSides } from './rotation-sides.tsx'
import { VerdictNotice } from './verdict-notice.tsx'

/** Shows an old certificate beside its replacement, and when the old one can go. */
export function RotationCockpit({ certificateId }: { certificateId: string }) {
  const { params, mayWrite } = useWorkspace()
  const query = useQuery(rotationQuery({ organization: params.organization, certificateId }))
  if (query.data === undefined)
    return query.isError ? (
      <ErrorNotice error={query.error} onRetry={query.refetch} />
    ) : (
      <Skeleton height={420} radius="lg" />
    )
  const rotation = query.data
  const isValid = rotation.old.status === 'issued'
  const end = describeOverlap(rotation)
  return (
    <>
      <VerdictNotice
        verdict={rotation.verdict}
        actions={mayWrite && isValid ? <RetireButton rotation={rotation} /> : undefined}
      />
      <RotationSides {...rotation} />
      {isValid && (
        <Panel title="Retirement">
          {end !== undefined && <p>{end}</p>}
          <PlanText plan={rotation.plan} name={rotation.old.name} isLimited={isLimited(rotation)} />
          <Watched rotation={rotation} />
        </Panel>
      )}
      <RemainingUse rotation={rotation} />
      <Generations rotation={rotation} />
    </>
  )
}

function Watched({ rotation: { watchedSince, silenceHours } }: { rotation: RotationView }) {
  return (
    <p>
      {`Silence counts once it lasts ${silenceHours} hours while the gateways report. `}
      {watchedSince === null ? (
        'They do not report now.'
      ) : (
        <>
          They began to report without a gap <Moment at={watchedSince} />.
        </>
      )}
    </p>
  )
}

function Generations({ rotation: { generations } }: { rotation: RotationView }) {
  const { params } = useWorkspace()
  if (generations.length < 2) return null
  return (
    <Panel title="Generations" description="Each certificate replaces the one before it.">
      <ol style={{ margin: 0, paddingInlineStart: '1.25rem' }}>
        {generations.map(({ id, name, status }) => (
          <li key={id}>
            <TextLink
              to="/o/$organization/$environment/certificates/$certificateId"
              params={{ ...params, certificateId: id }}
            >
              {name}
            </TextLink>
            {`, ${status}`}
          </li>
        ))}
      </ol>
    </Panel>
  )
}
