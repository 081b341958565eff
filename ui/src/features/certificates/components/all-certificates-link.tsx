import { TextLink } from '../../../components/ui/links.tsx'
import { useWorkspace } from '../../../lib/workspace.tsx'

/** Shows the link back to the list. */
export function AllCertificatesLink() {
  const { params } = useWorkspace()
  return (
    <TextLink to="/o/$organization/$environment/certificates" params={params}>
      All certificates
    </TextLink>
  )
}
