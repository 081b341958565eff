import type { CertificateView } from '../../../../../src/contract/certificate.ts'
import { DescriptionItem, DescriptionList } from '../../../components/ui/description-list.tsx'
import { TextLink } from '../../../components/ui/links.tsx'
import { Panel } from '../../../components/ui/panel.tsx'
import { useWorkspace } from '../../../lib/workspace.tsx'
import { CertificateStatusBadge } from './certificate-status.tsx'
import classes from './lineage-panel.module.css'

/** Shows which certificate this one replaces and which one replaces it; nothing if there are none. */
export function LineagePanel({ certificate: { replaces, replacedBy } }: { certificate: CertificateView }) {
  if (replaces === null && replacedBy === null) return null
  return (
    <Panel title="Rotation">
      <DescriptionList>
        {replaces && (
          <DescriptionItem label="Replaces">
            <Relative {...replaces} />
          </DescriptionItem>
        )}
        {replacedBy && (
          <DescriptionItem label="Replaced by">
            <Relative {...replacedBy} />
          </DescriptionItem>
        )}
      </DescriptionList>
    </Panel>
  )
}

function Relative({ id, name, status }: NonNullable<CertificateView['replaces']>) {
  const { params } = useWorkspace()
  return (
    <span className={classes.relative}>
      <TextLink
        to="/o/$organization/$environment/certificates/$certificateId"
        params={{ ...params, certificateId: id }}
      >
        {name}
      </TextLink>
      <CertificateStatusBadge status={status} />
    </span>
  )
}
