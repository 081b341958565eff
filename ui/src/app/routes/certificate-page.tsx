import { Skeleton, Tabs } from '@mantine/core'
import { useNavigate, useParams, useSearch } from '@tanstack/react-router'
import type { CertificateView } from '../../../../src/contract/certificate.ts'
import type { UsageView } from '../../../../src/contract/usage.ts'
import { ErrorNotice } from '../../components/ui/error-notice.tsx'
import { Moment } from '../../components/ui/moment.tsx'
import { Numbers } from '../../components/ui/numbers.tsx'
import { Page } from '../../components/ui/page.tsx'
import { ToneBadge } from '../../components/ui/tone-badge.tsx'
import { CertificateActivity } from '../../features/activity/components/certificate-activity.tsx'
import { getCalls } from '../../features/activity/usage-classes.ts'
import type { Followed } from '../../features/activity/use-followed-activity.ts'
import { AllCertificatesLink } from '../../features/certificates/components/all-certificates-link.tsx'
import { CertificateActions } from '../../features/certificates/components/certificate-actions.tsx'
import { CertificateHistory } from '../../features/certificates/components/certificate-history.tsx'
import { CertificateOverview } from '../../features/certificates/components/certificate-overview.tsx'
import { CertificateStatusBadge } from '../../features/certificates/components/certificate-status.tsx'
import { OwnerGoneBadge, OwnerGoneNotice } from '../../features/certificates/components/owner-gone.tsx'
import { StateNotice } from '../../features/certificates/components/state-notice.tsx'
import { isDenial } from '../../lib/api-error.ts'
import { daysLeft, daysLeftText } from '../../lib/days-left.ts'
import { getDay } from '../../lib/relative-time.ts'
import { useNow } from '../../lib/use-now.ts'
import { useWorkspace } from '../../lib/workspace.tsx'
import { NotFoundPage } from '../page-problems.tsx'
import { useLiveCertificate } from '../use-live-certificate.ts'

const address = '/signed-in/o/$organization/$environment/certificates/$certificateId' as const

/** Shows everything about one certificate. */
export function CertificatePage() {
  const { certificateId } = useParams({ from: address })
  const { params } = useWorkspace()
  const { query, followed, use } = useLiveCertificate({
    organization: params.organization,
    certificateId,
  })
  if (isDenial(query.error, 'not_found')) return <NotFoundPage />
  if (query.data)
    return <Details key={certificateId} certificate={query.data} use={use} followed={followed} />
  return (
    <Page title="Certificate details">
      {query.isError ? (
        <ErrorNotice error={query.error} onRetry={query.refetch} />
      ) : (
        <Skeleton height={420} radius="lg" />
      )}
    </Page>
  )
}

interface Shown {
  certificate: CertificateView
  use: UsageView | undefined
  followed: Followed
}

function Details({ certificate, use, followed }: Shown) {
  const { params, environment } = useWorkspace()
  const navigate = useNavigate()
  const ids = { ...params, certificateId: certificate.id }
  const create = (certificateId: string) =>
    navigate({
      to: '/o/$organization/$environment/certificates/$certificateId/create/$step',
      params: { ...params, certificateId, step: 'key' },
    })
  return (
    <Page
      title="Certificate details"
      about={certificate.name}
      above={<AllCertificatesLink />}
      beside={
        <>
          <CertificateStatusBadge status={certificate.status} />
          <OwnerGoneBadge certificate={certificate} />
          <ToneBadge tone={environment.live ? 'neutral' : 'practice'} dot="none">
            {environment.label}
          </ToneBadge>
        </>
      }
      description={certificate.description}
      actions={
        <CertificateActions
          certificate={certificate}
          onContinue={() => create(certificate.id)}
          onSuccessor={create}
          onConfigure={() =>
            navigate({
              to: '/o/$organization/$environment/certificates/$certificateId/configure/$step',
              params: { ...ids, step: 'curl' },
            })
          }
        />
      }
    >
      <StateNotice certificate={certificate} />
      <OwnerGoneNotice certificate={certificate} />
      {certificate.issued && <UseNumbers certificate={certificate} use={use} />}
      <DetailTabs certificate={certificate} followed={followed} />
    </Page>
  )
}

/** Shows how long the certificate is valid, and when the gateway last accepted and last denied it. */
function UseNumbers({ certificate: { status, notAfter }, use }: Omit<Shown, 'followed'>) {
  const now = useNow()
  const calls = use?.buckets.reduce((sum, bucket) => sum + getCalls(bucket), 0)
  const denied = use?.buckets.reduce((sum, bucket) => sum + bucket.denied, 0) ?? 0
  return (
    <Numbers
      live
      numbers={[
        {
          label: 'Expires',
          value: notAfter === null ? '–' : getDay(new Date(notAfter)),
          ...(status === 'issued' && notAfter !== null
            ? { note: daysLeftText(daysLeft(new Date(notAfter), now).days) }
            : {}),
        },
        { label: 'Last used', value: <Moment at={use?.lastUsedAt ?? null} /> },
        { label: 'Last denied', value: <Moment at={use?.lastDeniedAt ?? null} /> },
        {
          label: 'Calls in 24 hours',
          value: calls?.toLocaleString('en') ?? '–',
          ...(denied > 0 ? { note: `${denied.toLocaleString('en')} denied` } : {}),
        },
      ]}
    />
  )
}

/** Shows the certificate next to its usable replacement, or next to the one that it replaces. */
function rotationOf({ id, name, status, replaces, replacedBy }: CertificateView) {
  const own = { id, name, status }
  if (replacedBy?.status === 'issued') return { old: own, next: replacedBy }
  return replaces === null ? undefined : { old: replaces, next: own }
}

function DetailTabs({ certificate, followed }: { certificate: CertificateView; followed: Followed }) {
  const { params } = useWorkspace()
  const { tab = 'overview' } = useSearch({ from: address })
  const navigate = useNavigate()
  const ids = { ...params, certificateId: certificate.id }
  const key = { organization: params.organization, certificateId: certificate.id }
  const goTo = (value: string | null) =>
    navigate({
      to: '/o/$organization/$environment/certificates/$certificateId',
      params: ids,
      search: value === 'activity' || value === 'history' ? { tab: value } : {},
      replace: true,
      resetScroll: false,
    })
  return (
    <Tabs value={tab} onChange={goTo} keepMounted={false}>
      <Tabs.List mb="lg">
        <Tabs.Tab value="overview">Overview</Tabs.Tab>
        <Tabs.Tab value="activity">Activity</Tabs.Tab>
        <Tabs.Tab value="history">History</Tabs.Tab>
      </Tabs.List>
      <Tabs.Panel value="overview">
        <CertificateOverview certificate={certificate} />
      </Tabs.Panel>
      <Tabs.Panel value="activity" style={{ display: 'grid', gap: '1.25rem' }}>
        <CertificateActivity params={key} followed={followed} rotation={rotationOf(certificate)} />
      </Tabs.Panel>
      <Tabs.Panel value="history">
        <CertificateHistory certificateKey={key} issued={certificate.issued !== null} />
      </Tabs.Panel>
    </Tabs>
  )
}
