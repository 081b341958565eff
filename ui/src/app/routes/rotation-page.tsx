import { useParams } from '@tanstack/react-router'
import { Page } from '../../components/ui/page.tsx'
import { AllRotationsLink } from '../../features/rotations/components/all-rotations-link.tsx'
import { RotationCockpit } from '../../features/rotations/components/rotation-cockpit.tsx'

/** Shows a certificate beside its replacement, and when the old one can go. */
export function RotationPage() {
  const { certificateId } = useParams({
    from: '/signed-in/o/$organization/$environment/certificates/$certificateId/rotation',
  })
  return (
    <Page
      title="Rotate"
      above={<AllRotationsLink />}
      description="Both certificates work side by side. Switch your clients, then retire the old one when nothing uses it."
    >
      <RotationCockpit key={certificateId} certificateId={certificateId} />
    </Page>
  )
}
