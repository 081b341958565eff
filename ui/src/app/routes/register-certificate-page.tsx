import { Button } from '@mantine/core'
import { useNavigate } from '@tanstack/react-router'
import { Page } from '../../components/ui/page.tsx'
import { Panel } from '../../components/ui/panel.tsx'
import { AllCertificatesLink } from '../../features/certificates/components/all-certificates-link.tsx'
import { RegisterForm } from '../../features/certificates/components/register-form.tsx'
import { useWorkspace } from '../../lib/workspace.tsx'

/** Starts the registration of an externally issued certificate. */
export function RegisterCertificatePage() {
  const { params, mayWrite, environment } = useWorkspace()
  const navigate = useNavigate()
  const denial =
    environment.externalCertificates === 'off'
      ? `${environment.label} does not accept certificates from another CA. Create a certificate here, or ask the provider.`
      : 'Your role can view certificates, but not register them. Ask a developer or an admin.'
  return (
    <Page title="Register a certificate" width="narrow" above={<AllCertificatesLink />}>
      <Panel>
        {mayWrite && environment.externalCertificates !== 'off' ? (
          <RegisterForm
            back={
              <Button
                variant="subtle"
                onClick={() => navigate({ to: '/o/$organization/$environment/certificates', params })}
              >
                Back
              </Button>
            }
            onDone={({ id }) =>
              navigate({
                to: '/o/$organization/$environment/certificates/registrations/$registrationId',
                params: { ...params, registrationId: id },
              })
            }
          />
        ) : (
          <p>{denial}</p>
        )}
      </Panel>
    </Page>
  )
}
