import { Button, Group, Stack } from '@mantine/core'
import { useState } from 'react'
import { formatCount } from '../../../../../src/contract/format-count.ts'
import type { UsedWebhook, WebhookClientCertificate } from '../../../../../src/contract/webhook.ts'
import { CopyValue } from '../../../components/ui/copy-value.tsx'
import { DescriptionItem, DescriptionList } from '../../../components/ui/description-list.tsx'
import { ErrorNotice } from '../../../components/ui/error-notice.tsx'
import { FileLink } from '../../../components/ui/file-link.tsx'
import { Moment } from '../../../components/ui/moment.tsx'
import { Panel } from '../../../components/ui/panel.tsx'
import { ToneBadge } from '../../../components/ui/tone-badge.tsx'
import { useClientCertificates, type useTestWebhook, type WebhookKey } from '../api/webhooks.ts'
import { clientCertificateWords } from '../webhook-words.ts'
import {
  AddClientCertificateDialog,
  InstallChainDialog,
  RetireClientCertificateDialog,
} from './client-certificate-dialogs.tsx'
import classes from './webhooks.module.css'

const pem = 'application/x-pem-file'

interface ClientCertificatesProps {
  webhook: UsedWebhook
  params: WebhookKey
  test: ReturnType<typeof useTestWebhook>
  mayTest: boolean
  mayChange: boolean
}

/** Shows the client certificates that deliveries present: the live one, the next, those before, and what each was used for. */
export function ClientCertificates(props: ClientCertificatesProps) {
  const { webhook, params, mayChange } = props
  const { clientCertificates } = webhook
  const [adding, setAdding] = useState(false)
  return (
    <Panel
      title="Client certificates"
      description="What deliveries present if the endpoint asks for a client certificate (mTLS)."
      actions={
        mayChange && (
          <Button variant="default" onClick={() => setAdding(true)}>
            Add client certificate
          </Button>
        )
      }
    >
      {clientCertificates.length === 0 ? (
        <p>Deliveries present none.</p>
      ) : (
        <div className={classes.certificates}>
          {clientCertificates.map((certificate) => (
            <Certificate key={certificate.id} {...props} certificate={certificate} />
          ))}
        </div>
      )}
      {adding && (
        <AddClientCertificateDialog webhook={webhook} params={params} onClose={() => setAdding(false)} />
      )}
    </Panel>
  )
}

interface CertificateProps extends ClientCertificatesProps {
  certificate: WebhookClientCertificate
}

function Certificate({ certificate, ...props }: CertificateProps) {
  const { tone, word } = clientCertificateWords[certificate.state]
  return (
    <section className={classes.certificate} aria-label={`Client certificate: ${word}`}>
      <div className={classes.title}>
        <strong>{certificate.issuer === 'postern' ? 'Issued by Postern' : 'Issued by your CA'}</strong>
        <ToneBadge tone={tone}>{word}</ToneBadge>
      </div>
      <Facts certificate={certificate} webhook={props.webhook} />
      <Actions certificate={certificate} {...props} />
    </section>
  )
}

function Facts({ certificate, webhook }: { certificate: WebhookClientCertificate; webhook: UsedWebhook }) {
  const { certificateRequest, caCertificate, subject, issuedBy, fingerprintSha256, notAfter, liveFrom } =
    certificate
  return (
    <DescriptionList>
      {certificateRequest !== null && (
        <DescriptionItem label="CSR">
          <FileLink fileName={`${webhook.id}.csr`} text={certificateRequest} mediaType={pem} />
        </DescriptionItem>
      )}
      {subject !== null && <DescriptionItem label="Subject">{subject}</DescriptionItem>}
      {issuedBy !== null && <DescriptionItem label="Issuer">{issuedBy}</DescriptionItem>}
      {caCertificate !== null && (
        <DescriptionItem label="CA to trust">
          <FileLink fileName="postern-outgoing-ca.pem" text={caCertificate} mediaType={pem} />
        </DescriptionItem>
      )}
      {fingerprintSha256 !== null && (
        <DescriptionItem label="SHA-256">
          <CopyValue value={fingerprintSha256} what="the fingerprint" />
        </DescriptionItem>
      )}
      {notAfter !== null && (
        <DescriptionItem label="Expires">
          <Moment at={notAfter} />
        </DescriptionItem>
      )}
      {certificate.state === 'next' && (
        <DescriptionItem label="Live from">
          {liveFrom === null ? 'When you use it' : <Moment at={liveFrom} />}
        </DescriptionItem>
      )}
      {notAfter !== null && <Share id={certificate.id} webhook={webhook} />}
    </DescriptionList>
  )
}

function Share({ id, webhook: { clientCertificateUse } }: { id: string; webhook: UsedWebhook }) {
  const use = clientCertificateUse.find((one) => one.id === id)
  const all = clientCertificateUse.reduce((sum, { deliveries }) => sum + deliveries, 0)
  const share = use === undefined || all === 0 ? 0 : use.deliveries / all
  return (
    <>
      <DescriptionItem label="Share of deliveries in 24 hours">
        {all === 0 ? (
          'No deliveries'
        ) : (
          <>
            {`${Math.round(share * 100)} %, ${(use?.answered ?? 0).toLocaleString('en')} of ${(use?.deliveries ?? 0).toLocaleString('en')} answered`}
            <div className={classes.share} aria-hidden>
              <div className={classes.part} style={{ width: `${share * 100}%` }} />
            </div>
          </>
        )}
      </DescriptionItem>
      {use !== undefined && use.rejected > 0 && (
        <DescriptionItem label="Rejected in 24 hours">
          {`${formatCount(use.rejected, 'time')}, then the former one was presented`}
        </DescriptionItem>
      )}
      {use !== undefined && (
        <DescriptionItem label="Last presented">
          <Moment at={use.lastUsedAt} />
        </DescriptionItem>
      )}
    </>
  )
}

function Actions({ certificate, webhook, params, test, mayTest, mayChange }: CertificateProps) {
  const { id, state } = certificate
  const { activate } = useClientCertificates(params, webhook.name)
  const [open, setOpen] = useState<'install' | 'retire' | undefined>(undefined)
  const close = () => setOpen(undefined)
  const isUsable = state === 'next' || state === 'former'
  if (!mayTest) return null
  return (
    <Stack gap="xs">
      {activate.isError && <ErrorNotice error={activate.error} title="Nothing was changed" />}
      <Group gap="xs">
        {mayChange && state === 'requested' && (
          <Button size="xs" onClick={() => setOpen('install')}>
            Enter certificate
          </Button>
        )}
        {isUsable && (
          <Button size="xs" variant="default" disabled={test.isPending} onClick={() => test.mutate(id)}>
            Test it
          </Button>
        )}
        {mayChange && isUsable && (
          <Button size="xs" disabled={activate.isPending} onClick={() => activate.mutate(id)}>
            {state === 'next' ? 'Use now' : 'Use again'}
          </Button>
        )}
        {mayChange && (
          <Button size="xs" variant="default" onClick={() => setOpen('retire')}>
            Retire
          </Button>
        )}
      </Group>
      {open === 'install' && (
        <InstallChainDialog certificate={certificate} webhook={webhook} params={params} onClose={close} />
      )}
      {open === 'retire' && (
        <RetireClientCertificateDialog
          certificate={certificate}
          webhook={webhook}
          params={params}
          onClose={close}
        />
      )}
    </Stack>
  )
}
