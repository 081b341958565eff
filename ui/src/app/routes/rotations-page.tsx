import { Page } from '../../components/ui/page.tsx'
import { AllCertificatesLink } from '../../features/certificates/components/all-certificates-link.tsx'
import { RotationsList } from '../../features/rotations/components/rotations-list.tsx'
import { useWorkspace } from '../../lib/workspace.tsx'

/** Shows the rotations of the organization that are not finished. */
export function RotationsPage() {
  const { environment } = useWorkspace()
  return (
    <Page
      title="Unfinished rotations"
      above={<AllCertificatesLink />}
      description={`Certificates for ${environment.label} that have a replacement and are not retired yet.`}
    >
      <RotationsList />
    </Page>
  )
}
