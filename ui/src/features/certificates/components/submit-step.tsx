import type { ReactNode } from 'react'
import type { CertificateView } from '../../../../../src/contract/certificate.ts'
import { keyKindNames } from '../../../../../src/contract/enum-names.ts'
import { csrFileName } from '../../../../../src/kits/file-names.ts'
import { FileDrop } from '../../../components/ui/file-drop.tsx'
import { Notice } from '../../../components/ui/notice.tsx'
import { PasteInput } from '../../../components/ui/paste-input.tsx'
import { useWorkspace } from '../../../lib/workspace.tsx'
import { useSubmitCertificateRequest } from '../api/submit-certificate-request.ts'
import { useRequestReading } from '../use-request-reading.ts'
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
  const change = (input: string | Uint8Array) => {
    submit.reset()
    void read(input)
  }
  return (
    <StepForm
      title="Submit the signing request"
      description="It is read here, in your browser, before anything is sent."
      action="Submit request"
      ready={reading.state === 'good'}
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
      {reading.state === 'good' && <RequestDetails request={reading.request} />}
    </StepForm>
  )
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
