import { useQuery } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import type { CertificateView } from '../../../../../src/contract/certificate.ts'
import { keyKindNames } from '../../../../../src/contract/enum-names.ts'
import { csrFileName } from '../../../../../src/kits/file-names.ts'
import { FileDrop } from '../../../components/ui/file-drop.tsx'
import { Notice } from '../../../components/ui/notice.tsx'
import { PasteInput } from '../../../components/ui/paste-input.tsx'
import { useUnsavedInput } from '../../../lib/unsaved-input.ts'
import { useWorkspace } from '../../../lib/workspace.tsx'
import { keyOwnersQuery } from '../api/list-key-owners.ts'
import { useSubmitCertificateRequest } from '../api/submit-certificate-request.ts'
import { findOtherDraft } from '../find-other-draft.ts'
import { type Reading, useRequestReading } from '../use-request-reading.ts'
import { OtherDraftNotice, UsedKeyNotice } from './csr-origin-notice.tsx'
import { PrivateKeyDetected } from './private-key-detected.tsx'
import { RequestDetails } from './request-details.tsx'
import { StepForm } from './step-form.tsx'

interface SubmitStepProps {
  certificate: CertificateView
  back: ReactNode
  onDone: () => void
}

/** Shows the fourth step: the CSR, which the page parses before it is sent. */
export function SubmitStep({ certificate, back, onDone }: SubmitStepProps) {
  const { params, environment } = useWorkspace()
  const submit = useSubmitCertificateRequest({
    organization: params.organization,
    certificateId: certificate.id,
  })
  const { text, reading, read } = useRequestReading(environment.allowedKeys.map(keyKindNames.toStored), {
    ...certificate.certifiedSubject,
    commonName: certificate.name,
  })
  const origin = useCsrOrigin(certificate, reading)
  const change = (input: string | Uint8Array) => {
    submit.reset()
    void read(input)
  }
  return (
    <StepForm
      title="Submit the signing request"
      description="It is read here, in your browser, before anything is sent."
      action="Submit request"
      ready={reading.state === 'good' && origin.isClear}
      busy={submit.isPending}
      error={submit.error}
      back={back}
      onSubmit={() =>
        reading.state === 'good' && submit.mutate({ csr: reading.request.pem }, { onSuccess: onDone })
      }
    >
      <RequestField fileName={csrFileName(certificate.name)} text={text} onChange={change} />
      {reading.state === 'privateKey' && <PrivateKeyDetected message={reading.message} />}
      {reading.state === 'bad' && (
        <Notice tone="bad" announced title="This cannot be submitted">
          <p>{reading.message}</p>
        </Notice>
      )}
      {origin.notice}
      {reading.state === 'good' && <RequestDetails request={reading.request} />}
    </StepForm>
  )
}

/** Finds out whether a CSR belongs elsewhere: it names another certificate, or its key is in use. */
function useCsrOrigin(certificate: CertificateView, reading: Reading) {
  const { params, organization, environment } = useWorkspace()
  const [accepted, setAccepted] = useState<string>()
  const request = reading.state === 'good' ? reading.request : undefined
  useUnsavedInput(request !== undefined)
  const owners = useQuery({
    ...keyOwnersQuery(params.organization, request?.publicKeySha256 ?? ''),
    enabled: request !== undefined,
  })
  const owner = owners.data?.items[0]
  if (request === undefined) return { isClear: true, notice: null }
  const isRenewal = environment.sameKeyRenewal && owner?.id === certificate.replaces?.id
  if (owner !== undefined && !isRenewal) return { isClear: false, notice: <UsedKeyNotice owner={owner} /> }
  const other = findOtherDraft(request.commonNames, certificate.name, organization.slug)
  if (other === undefined || accepted === request.pem) return { isClear: !owners.isLoading, notice: null }
  const use = () => setAccepted(request.pem)
  return {
    isClear: false,
    notice: <OtherDraftNotice name={certificate.name} other={other} onUse={use} />,
  }
}

interface RequestFieldProps {
  fileName: string
  text: string
  onChange: (input: string | Uint8Array) => void
}

function RequestField({ fileName, text, onChange }: RequestFieldProps) {
  return (
    <>
      <FileDrop
        accept=".csr,.pem,.req,.der,.p10,.txt"
        onFile={async (file) => onChange(new Uint8Array(await file.arrayBuffer()))}
      >
        Drop <code>{fileName}</code> here
      </FileDrop>
      <PasteInput
        label="Certificate signing request"
        description="Or paste the content of the file."
        placeholder="-----BEGIN CERTIFICATE REQUEST-----"
        value={text}
        onChange={onChange}
      />
    </>
  )
}
