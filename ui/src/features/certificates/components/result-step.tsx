import { Button, Title } from '@mantine/core'
import { IconCircleCheck, IconCircleX, IconClockHour4 } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import type { CertificateView } from '../../../../../src/contract/certificate.ts'
import { getDay } from '../../../lib/relative-time.ts'
import { useWorkspace } from '../../../lib/workspace.tsx'
import type { BrowserKey } from '../create-browser-key.ts'
import { CertificateDownloads } from './certificate-downloads.tsx'
import classes from './result-step.module.css'
import { SavedKeyNotice } from './saved-key-notice.tsx'

interface ResultStepProps {
  certificate: CertificateView
  /** The private key, if this page has made it. */
  browserKey?: BrowserKey | undefined
  onConfigure: () => void
  /** The link to the details of the certificate. */
  details: ReactNode
}

/** Shows the last step: the status of the CSR, which changes to issued automatically. */
export function ResultStep(props: ResultStepProps) {
  const { certificate, browserKey } = props
  const isUsable = certificate.status === 'pending' || certificate.status === 'issued'
  return (
    <>
      <CurrentStatus {...props} />
      {browserKey && isUsable && <SavedKeyNotice certificate={certificate} browserKey={browserKey} />}
    </>
  )
}

function CurrentStatus(props: ResultStepProps) {
  const { certificate, details } = props
  if (certificate.status === 'pending') return <Pending certificate={certificate} details={details} />
  if (certificate.status === 'issued') return <Issued {...props} />
  return <Ended certificate={certificate} details={details} />
}

function Issued({ certificate: { id, name, notAfter }, browserKey, onConfigure, details }: ResultStepProps) {
  return (
    <Outcome
      tone="good"
      icon={<IconCircleCheck size={26} />}
      title="Issued"
      actions={
        <>
          <CertificateDownloads id={id} name={name} browserKey={browserKey} />
          <Button onClick={onConfigure}>Configure in Postman</Button>
        </>
      }
      details={details}
    >
      <p>
        <strong>{name}</strong> is valid {notAfter && `until ${getDay(new Date(notAfter))}`}. Save it beside
        its key, then try it: three short steps lead to a first token.
      </p>
    </Outcome>
  )
}

function Pending({ certificate, details }: Pick<ResultStepProps, 'certificate' | 'details'>) {
  const { environment } = useWorkspace()
  const { name, contacts, request } = certificate
  const readers = [...new Set([request?.submittedBy.label, ...contacts])].filter(Boolean).join(', ')
  return (
    <Outcome tone="wait" icon={<IconClockHour4 size={26} />} title="Pending" details={details}>
      <p>
        {environment.issuanceMode === 'approval'
          ? `A person at the provider checks the request for ${name} and decides. You get an email in both cases.`
          : `${environment.label} issues in the background. ${name} is usually ready within a minute.`}
      </p>
      <p>
        {readers || 'The person who requested it'} gets an email when it is ready. This page shows the
        certificate then; you can also leave it.
      </p>
    </Outcome>
  )
}

function Ended({ certificate, details }: Pick<ResultStepProps, 'certificate' | 'details'>) {
  const { status, name, decision } = certificate
  return (
    <Outcome
      tone="bad"
      icon={<IconCircleX size={26} />}
      title={status === 'rejected' ? 'Rejected' : `This certificate is ${status}`}
      details={details}
    >
      {decision?.outcome === 'rejected' ? (
        <>
          <p>{`The request for ${name} was rejected: ${decision.reason}`}</p>
          <p>Begin another certificate once that is settled; this one cannot be submitted again.</p>
        </>
      ) : (
        <p>Nothing more comes of this request. Its details say what happened.</p>
      )}
    </Outcome>
  )
}

interface OutcomeProps {
  tone: 'good' | 'wait' | 'bad'
  icon: ReactNode
  title: string
  actions?: ReactNode
  details: ReactNode
  children: ReactNode
}

function Outcome({ tone, icon, title, actions, details, children }: OutcomeProps) {
  return (
    <div className={classes.root} data-tone={tone} role="status">
      <span className={classes.icon} aria-hidden>
        {icon}
      </span>
      <Title order={2} size="h1">
        {title}
      </Title>
      <div className={classes.text}>{children}</div>
      {actions && <div className={classes.actions}>{actions}</div>}
      <div className={classes.details}>{details}</div>
    </div>
  )
}
