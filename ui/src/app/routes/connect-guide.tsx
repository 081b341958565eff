import { Button } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { useInfiniteQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import type { CertificateView } from '../../../../src/contract/certificate.ts'
import { NewCredential } from '../../../../src/contract/credential.ts'
import { downloadAddress } from '../../features/certificates/api/download-address.ts'
import { type ConfigureStep, configureSteps } from '../../features/connect/components/configure-steps.tsx'
import { CredentialPicker } from '../../features/connect/components/credential-picker.tsx'
import { CurlStep } from '../../features/connect/components/curl-step.tsx'
import { PostmanRequestStep } from '../../features/connect/components/postman-request-step.tsx'
import { PostmanSettingsStep } from '../../features/connect/components/postman-settings-step.tsx'
import type { ConnectionDetails } from '../../features/connect/connection-details.ts'
import { useCreateCredential } from '../../features/credentials/api/create-credential.ts'
import { credentialsQuery } from '../../features/credentials/api/list-credentials.ts'
import { CreateCredentialDialog } from '../../features/credentials/components/create-credential-dialog.tsx'
import { useKnownSecret } from '../../features/credentials/session-secrets.ts'
import { useWorkspace } from '../../lib/workspace.tsx'
import { useIssuedCertificates } from '../use-issued-certificates.ts'

interface ConnectGuideProps {
  certificate: CertificateView
  step: ConfigureStep
  /** Called when a command is copied. */
  onCopy: () => void
}

/** Shows one guided step with all values filled in. */
export function ConnectGuide({ certificate, step, onCopy }: ConnectGuideProps) {
  const { params, environment } = useWorkspace()
  const [creating, dialog] = useDisclosure(false)
  const [visible, setVisible] = useState(false)
  const [chosenId, setChosenId] = useState<string>()
  const create = useCreateCredential(params)
  const certificates = useIssuedCertificates()
  const takesSecrets = environment.profile !== 'fapi2'
  const { data } = useInfiniteQuery(credentialsQuery(params))
  const credentials = (data?.pages.flatMap(({ items }) => items) ?? []).filter(
    // The steps show requests with a secret, or with the certificate only if there are none.
    ({ tlsClientAuth, jwks }) => jwks === null && (tlsClientAuth === null) === takesSecrets,
  )
  const chosen = credentials.find(({ id }) => id === chosenId) ?? credentials[0]
  const secret = useKnownSecret(chosen)
  const createNow = () =>
    create.mutate(NewCredential.parse({ name: certificate.name }), { onSuccess: ({ id }) => setChosenId(id) })
  const key = { organization: params.organization, certificateId: certificate.id }
  const details: ConnectionDetails = {
    name: certificate.name,
    environment,
    clientId: chosen?.clientId,
    clientSecret: secret,
    secretVisible: visible,
    certificateAddress: downloadAddress(key, 'pem'),
    serverCaAddress: downloadAddress(key, 'server_ca'),
  }
  const picker = (
    <CredentialPicker
      credentials={credentials}
      chosen={chosen}
      onChoose={setChosenId}
      create={{
        // Without secrets there is a choice to make first.
        onClick: takesSecrets ? createNow : dialog.open,
        isPending: create.isPending,
        error: create.error,
      }}
      secret={{ value: secret, visible, onVisible: setVisible }}
    />
  )
  const foot = <StepFoot step={step} certificateId={certificate.id} />
  return (
    <>
      {step === 'curl' && <CurlStep details={details} picker={picker} foot={foot} onCopy={onCopy} />}
      {step === 'postman' && <PostmanSettingsStep details={details} foot={foot} />}
      {step === 'request' && <PostmanRequestStep details={details} picker={picker} foot={foot} />}
      <CreateCredentialDialog
        opened={creating}
        certificates={certificates}
        certificateName={certificate.name}
        onCreated={({ id }) => setChosenId(id)}
        onClose={dialog.close}
      />
    </>
  )
}

function StepFoot({ step, certificateId }: { step: ConfigureStep; certificateId: string }) {
  const { params } = useWorkspace()
  const navigate = useNavigate()
  const position = configureSteps.findIndex(({ id }) => id === step)
  const [before, after] = [configureSteps[position - 1], configureSteps[position + 1]]
  const ids = { ...params, certificateId }
  const goTo = (next: ConfigureStep) =>
    navigate({
      to: '/o/$organization/$environment/certificates/$certificateId/configure/$step',
      params: { ...ids, step: next },
    })
  const finish = () =>
    navigate({
      to: '/o/$organization/$environment/certificates/$certificateId',
      params: ids,
      search: { tab: 'activity' },
    })
  return (
    <>
      {before && (
        <Button variant="subtle" onClick={() => goTo(before.id)}>
          Back
        </Button>
      )}
      <Button onClick={() => (after ? goTo(after.id) : finish())}>
        {after ? 'Continue' : 'View activity'}
      </Button>
    </>
  )
}
