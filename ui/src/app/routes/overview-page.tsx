import { Skeleton, VisuallyHidden } from '@mantine/core'
import { useNavigate } from '@tanstack/react-router'
import { ErrorNotice } from '../../components/ui/error-notice.tsx'
import { TextLink } from '../../components/ui/links.tsx'
import { Numbers } from '../../components/ui/numbers.tsx'
import { Page } from '../../components/ui/page.tsx'
import { Panel } from '../../components/ui/panel.tsx'
import { ToneBadge } from '../../components/ui/tone-badge.tsx'
import { ActivityTable } from '../../features/activity/components/activity-table.tsx'
import { OrganizationUsage } from '../../features/activity/components/organization-usage.tsx'
import { getCalls } from '../../features/activity/usage-classes.ts'
import { MigrationNotice } from '../../features/certificates/components/migration-notice.tsx'
import { ActionsRequired } from '../../features/overview/components/actions-required.tsx'
import { FirstSteps, type Progress } from '../../features/overview/components/first-steps.tsx'
import { describeRequiredActions } from '../../features/overview/describe-required-actions.ts'
import { NewestSignals } from '../../features/signals/components/newest-signals.tsx'
import { daysLeft, daysLeftText } from '../../lib/days-left.ts'
import { useNow } from '../../lib/use-now.ts'
import { useWorkspace } from '../../lib/workspace.tsx'
import { useLiveWorkspace } from '../use-live-workspace.ts'
import { type Overview, useOverview } from '../use-overview.ts'

/** Shows an overview, starting with what needs action. */
export function OverviewPage() {
  const { organization, environment } = useWorkspace()
  const { standing, error, retry } = useOverview()
  useLiveWorkspace()
  return (
    <Page
      title="Overview"
      beside={
        <ToneBadge tone={environment.live ? 'neutral' : 'practice'} dot="none">
          {environment.label}
        </ToneBadge>
      }
      description={organization.legalName}
    >
      {error !== null && <ErrorNotice error={error} onRetry={retry} />}
      {standing === undefined ? (
        <>
          <VisuallyHidden role="status">Loading the overview…</VisuallyHidden>
          <Skeleton height={150} radius="lg" />
          <Skeleton height={86} radius="lg" />
          <Skeleton height={320} radius="lg" />
        </>
      ) : (
        <Content standing={standing} />
      )}
    </Page>
  )
}

function Content({ standing }: { standing: Overview }) {
  const { actions, activity, progress } = standing
  const { params, mayWrite } = useWorkspace()
  const now = useNow()
  const needs = describeRequiredActions(actions.items, now)
  const goTo = useGoToStep(standing)
  const isNew = !progress.token
  return (
    <>
      <MigrationNotice />
      {isNew && <FirstSteps progress={progress} onGo={mayWrite ? goTo : undefined} />}
      {(!isNew || needs.length > 0) && <ActionsRequired needs={needs} hasMore={actions.hasMore} />}
      {!isNew && <NewestSignals />}
      {!isNew && <Figures {...standing} now={now} />}
      {!isNew && <OrganizationUsage />}
      {activity.length > 0 && (
        <Panel
          title="Newest"
          flush
          actions={
            <TextLink size="sm" to="/o/$organization/$environment/activity" params={params}>
              See every call
            </TextLink>
          }
        >
          <ActivityTable rows={activity} withCertificate />
        </Panel>
      )}
    </>
  )
}

function Figures({ usage, issued, now }: Pick<Overview, 'usage' | 'issued'> & { now: Date }) {
  const thisHour = usage.buckets.at(-1)
  return (
    <Numbers
      numbers={[
        {
          label: 'Calls in 24 hours',
          value: usage.callCount.toLocaleString('en'),
          note: `${(thisHour ? getCalls(thisHour) : 0).toLocaleString('en')} in this hour`,
        },
        {
          label: 'Denied in 24 hours',
          value: usage.deniedCount.toLocaleString('en'),
          note: `${(thisHour?.denied ?? 0).toLocaleString('en')} in this hour`,
        },
        {
          label: 'Certificates in use',
          value: usage.certificatesInUse.toLocaleString('en'),
          note: 'accepted in 24 hours',
        },
        {
          label: 'Next to expire',
          value: issued?.name ?? '–',
          ...(issued?.notAfter ? { note: daysLeftText(daysLeft(new Date(issued.notAfter), now).days) } : {}),
        },
      ]}
    />
  )
}

function useGoToStep({ issued, draft }: Pick<Overview, 'issued' | 'draft'>) {
  const { params } = useWorkspace()
  const navigate = useNavigate()
  return (step: keyof Progress) => {
    if (step !== 'certificate' && issued)
      return navigate({
        to: '/o/$organization/$environment/certificates/$certificateId/configure/$step',
        params: { ...params, certificateId: issued.id, step: 'curl' },
      })
    if (draft)
      return navigate({
        to: '/o/$organization/$environment/certificates/$certificateId/create/$step',
        params: { ...params, certificateId: draft.id, step: 'key' },
      })
    return navigate({ to: '/o/$organization/$environment/certificates/new', params })
  }
}
