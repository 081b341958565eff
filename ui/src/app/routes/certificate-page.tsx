import { Skeleton, Tabs } from '@mantine/core'
import { useNavigate, useParams, useSearch } from '@tanstack/react-router'
import type { CertificateView } from '../../../../src/contract/certificate.ts'
import { ErrorNotice } from '../../components/ui/error-notice.tsx'
import { Moment } from '../../components/ui/moment.tsx'
import { Page } from '../../components/ui/page.tsx'
import { ToneBadge } from '../../components/ui/tone-badge.tsx'
import { CertificateActivity } from '../../features/activity/components/certificate-activity.tsx'
import type { Followed } from '../../features/activity/use-followed-activity.ts'
import { AllCertificatesLink } from '../../features/certificates/components/all-certificates-link.tsx'
import { CertificateActions } from '../../features/certificates/components/certificate-actions.tsx'
import { CertificateHistory } from '../../features/certificates/components/certificate-history.tsx'
import { CertificateOverview } from '../../features/certificates/components/certificate-overview.tsx'
import { CertificateStatusBadge } from '../../features/certificates/components/certificate-status.tsx'
import { StateNotice } from '../../features/certificates/components/state-notice.tsx'
import { isDenial } from '../../lib/api-error.ts'
import { useWorkspace } from '../../lib/workspace.tsx'
import { NotFoundPage } from '../page-problems.tsx'
import { useLiveCertificate } from '../use-live-certificate.ts'

const address = '/signed-in/o/$organization/$environment/certificates/$certificateId' as const

/** Shows everything about one certificate. */
export function CertificatePage() {
  const { certificateId } = useParams({ from: address })
  const { params } = useWorkspace()
  const { query, followed, lastUsedAt } = useLiveCertificate({
    organization: params.organization,
    certificateId,
  })
  if (isDenial(query.error, 'not_found')) return <NotFoundPage />
  if (query.data)
    return (
      <Details key={certificateId} certificate={query.data} lastUsedAt={lastUsedAt} followed={followed} />
    )
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
  lastUsedAt: string | null
  followed: Followed
}

function Details({ certificate, lastUsedAt, followed }: Shown) {
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
          <ToneBadge tone={environment.live ? 'neutral' : 'practice'} dot="none">
            {environment.label}
          </ToneBadge>
        </>
      }
      description={<LastUse certificate={certificate} lastUsedAt={lastUsedAt} followed={followed} />}
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
      <DetailTabs certificate={certificate} followed={followed} />
    </Page>
  )
}

function LastUse({ certificate: { issued, description }, lastUsedAt, followed }: Shown) {
  const newest = followed.arrived[0]
  return (
    <>
      {description && `${description} · `}
      {newest ? (
        <strong role="status">
          {newest.outcome === 'allowed' ? 'Seen' : 'Refused'} <Moment at={newest.at} />
        </strong>
      ) : (
        issued && (
          <>
            {lastUsedAt ? 'Seen ' : ''}
            <Moment at={lastUsedAt} never="Not used yet" />
          </>
        )
      )}
    </>
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
