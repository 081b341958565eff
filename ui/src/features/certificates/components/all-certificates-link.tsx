import { TextLink } from '../../../components/ui/links.tsx'
import { usePlace } from '../../../lib/place.tsx'

/** Shows the link back to the list. */
export function AllCertificatesLink() {
  const { params } = usePlace()
  return (
    <TextLink to="/o/$organization/$environment/certificates" params={params}>
      All certificates
    </TextLink>
  )
}
