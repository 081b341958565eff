import { Skeleton } from '@mantine/core'
import { IconPlugConnected } from '@tabler/icons-react'
import { useParams } from '@tanstack/react-router'
import { useState } from 'react'
import type { CertificateView } from '../../../../src/contract/certificate.ts'
import { EmptyState } from '../../components/ui/empty-state.tsx'
import { ErrorNotice } from '../../components/ui/error-notice.tsx'
import { TextLink } from '../../components/ui/links.tsx'
import { Notice } from '../../components/ui/notice.tsx'
import { Page } from '../../components/ui/page.tsx'
import { Panel } from '../../components/ui/panel.tsx'
import { ConfigureSteps, configureSteps } from '../../features/connect/components/configure-steps.tsx'
import { LiveStatusBar } from '../../features/connect/components/live-status-bar.tsx'
import { findSeenSteps } from '../../features/connect/find-seen-steps.ts'
import { useWorkspace } from '../../lib/workspace.tsx'
import { useLiveCertificate } from '../use-live-certificate.ts'
import { useNewestSeen } from '../use-newest-seen.ts'
import { ConnectGuide } from './connect-guide.tsx'

/** Guides from a certificate to a first token. */
export function ConfigurePage() {
  const { certificateId, step } = useParams({
    from: '/signed-in/o/$organization/$environment/certificates/$certificateId/configure/$step',
  })
  const { params, environment } = useWorkspace()
  const { query, followed } = useLiveCertificate({ organization: params.organization, certificateId })
  const { arrived, known } = useNewestSeen(followed, certificateId)
  const [copiedAt, setCopiedAt] = useState(0)
  const seen = findSeenSteps(known, environment.profile !== 'fapi2')
  const current = configureSteps.find(({ id }) => id === step)?.id ?? 'curl'
  const certificate = query.data
  return (
    <Page
      title={certificate ? `Configure ${certificate.name}` : 'Configure'}
      width="narrow"
      above={
        <TextLink
          to="/o/$organization/$environment/certificates/$certificateId"
          params={{ ...params, certificateId }}
        >
          {certificate?.name ?? 'The certificate'}
        </TextLink>
      }
    >
      {query.isError && <ErrorNotice error={query.error} onRetry={query.refetch} />}
      {query.isPending && <Skeleton height={420} radius="lg" />}
      {certificate && certificate.issued === null && <NotIssued />}
      {certificate?.issued && (
        <>
          <ConfigureSteps current={current} seen={seen} certificateId={certificateId} />
          <Unusable certificate={certificate} />
          <ConnectGuide certificate={certificate} step={current} onCopy={() => setCopiedAt(Date.now())} />
          <LiveStatusBar
            certificate={certificate}
            arrived={arrived}
            last={known[0]}
            next={configureSteps.find(({ id }) => !seen.has(id))?.id}
            copiedAt={copiedAt}
            connected={followed.connection === 'live'}
          />
        </>
      )}
    </Page>
  )
}

function NotIssued() {
  return (
    <Panel>
      <EmptyState icon={<IconPlugConnected size={24} />} title="The certificate is not issued yet">
        <p>These steps need the certificate. They appear here when it is issued.</p>
      </EmptyState>
    </Panel>
  )
}

function Unusable({ certificate: { status, name } }: { certificate: CertificateView }) {
  if (status === 'issued') return null
  return (
    <Notice tone="bad" title={`${name} is ${status}`}>
      <p>Every gateway denies it. Rotate it on its page, then follow these steps with the replacement.</p>
    </Notice>
  )
}
