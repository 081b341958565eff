import { TextLink } from '../../../components/ui/links.tsx'
import { useWorkspace } from '../../../lib/workspace.tsx'

/** Shows the link to the list of rotations. */
export function AllRotationsLink() {
  const { params } = useWorkspace()
  return (
    <TextLink to="/o/$organization/$environment/rotations" params={params}>
      Unfinished rotations
    </TextLink>
  )
}
