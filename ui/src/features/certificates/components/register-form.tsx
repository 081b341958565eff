import { type ReactNode, useState } from 'react'
import { operations } from '../../../../../src/contract/operations.ts'
import { NewRegistration, type RegistrationView } from '../../../../../src/contract/registration.ts'
import { containsPrivateKey } from '../../../../../src/pki/text/private-key-text.ts'
import { FileDrop } from '../../../components/ui/file-drop.tsx'
import { PasteInput } from '../../../components/ui/paste-input.tsx'
import { nameForm } from '../../../lib/kept-input.ts'
import { useContractForm } from '../../../lib/use-contract-form.ts'
import { useWorkspace } from '../../../lib/workspace.tsx'
import { useRegisterCertificate } from '../api/register-certificate.ts'
import { detailsFields, noDetails } from '../certificate-details.ts'
import { readFileText } from '../read-file-text.ts'
import { DetailsFields } from './details-fields.tsx'
import { PrivateKeyDetected } from './private-key-detected.tsx'
import { StepForm } from './step-form.tsx'

interface RegisterFormProps {
  back: ReactNode
  onDone: (registration: RegistrationView) => void
}

/** Shows the form for an externally issued certificate, its issuers, and its purpose. */
export function RegisterForm({ back, onDone }: RegisterFormProps) {
  const { params, environment } = useWorkspace()
  const register = useRegisterCertificate(params)
  const { bind, values, change, submit } = useContractForm({
    schema: NewRegistration,
    start: { ...noDetails, certificate: '' },
    toBody: (body) => body,
    error: register.error,
    keep: { form: nameForm(operations.registerCertificate, params), fields: detailsFields },
  })
  const [isKey, setIsKey] = useState(false)
  const take = (text: string) => {
    register.reset()
    const found = containsPrivateKey(text)
    setIsKey(found)
    change({ certificate: found ? '' : text })
  }
  return (
    <StepForm
      title="The certificate"
      description={
        environment.externalCertificates === 'pinned'
          ? 'A certificate from a CA that the provider trusts, or any other certificate. Your key stays with you.'
          : 'A certificate from a CA that the provider trusts. Your key stays with you.'
      }
      ready={values.certificate.trim() !== ''}
      busy={register.isPending}
      error={register.error}
      back={back}
      onSubmit={submit((body) => register.mutate(body, { onSuccess: onDone }))}
    >
      <FileDrop accept=".pem,.crt,.cer,.der,.txt" onFile={async (file) => take(await readFileText(file))}>
        Drop the certificate here
      </FileDrop>
      <PasteInput
        label="Certificate"
        description="Or paste the certificate, followed by the certificates of its issuers."
        placeholder="-----BEGIN CERTIFICATE-----"
        {...bind('certificate')}
        onChange={take}
      />
      {isKey && (
        <PrivateKeyDetected message="Treat the key as exposed all the same: have a new certificate issued for a new key, and enter only the certificate." />
      )}
      <DetailsFields bind={bind} />
    </StepForm>
  )
}
