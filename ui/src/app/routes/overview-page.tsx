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
import { ActionsRequired } from '../../features/overview/components/actions-required.tsx'
import { FirstSteps, type Progress } from '../../features/overview/components/first-steps.tsx'
import { findRequiredActions } from '../../features/overview/find-required-actions.ts'
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

function Content({
  standing: { certificates, activity, refusals: denials, progress },
}: {
  standing: Overview
}) {
  const { params, mayWrite } = useWorkspace()
  const now = useNow()
  const needs = findRequiredActions({ certificates, refusals: denials }, now)
  const goTo = useGoToStep(certificates)
  const isNew = !progress.token
  return (
    <>
      {isNew && <FirstSteps progress={progress} onGo={mayWrite ? goTo : undefined} />}
      {(!isNew || needs.length > 0) && <ActionsRequired needs={needs} />}
      {!isNew && <Figures certificates={certificates} now={now} />}
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

function Figures({ certificates, now }: { certificates: Overview['certificates']; now: Date }) {
  const day = certificates.flatMap(({ callsByHour }) => callsByHour).reduce((sum, calls) => sum + calls, 0)
  const hour = certificates.reduce((sum, { callsByHour }) => sum + (callsByHour.at(-1) ?? 0), 0)
  const issued = certificates.filter(({ status }) => status === 'issued')
  const [first] = issued
  const used = issued.filter(({ callsByHour }) => callsByHour.some((calls) => calls > 0))
  return (
    <Numbers
      numbers={[
        {
          label: 'Calls in 24 hours',
          value: day.toLocaleString('en'),
          note: `${hour.toLocaleString('en')} in this hour`,
        },
        { label: 'Certificates in use', value: used.length, note: `of ${issued.length} that are valid` },
        {
          label: 'Next to expire',
          value: first?.name ?? '–',
          ...(first?.notAfter ? { note: daysLeftText(daysLeft(new Date(first.notAfter), now).days) } : {}),
        },
      ]}
    />
  )
}

function useGoToStep(certificates: Overview['certificates']) {
  const { params } = useWorkspace()
  const navigate = useNavigate()
  return (step: keyof Progress) => {
    const issued = certificates.find(({ status }) => status === 'issued')
    const draft = certificates.find(({ status }) => status === 'draft')
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
