import type { CertificateView } from '../../../../../src/contract/certificate.ts'
import { Fact, Facts } from '../../../components/ui/facts.tsx'
import { TextLink } from '../../../components/ui/links.tsx'
import { Panel } from '../../../components/ui/panel.tsx'
import { usePlace } from '../../../lib/place.tsx'
import { CertificateStatusBadge } from './certificate-status.tsx'
import classes from './lineage-panel.module.css'

/** Shows which certificate this one replaces and which one replaces it; nothing if there are none. */
export function LineagePanel({ certificate: { replaces, replacedBy } }: { certificate: CertificateView }) {
  if (replaces === null && replacedBy === null) return null
  return (
    <Panel title="Rotation">
      <Facts>
        {replaces && (
          <Fact label="Replaces">
            <Relative {...replaces} />
          </Fact>
        )}
        {replacedBy && (
          <Fact label="Replaced by">
            <Relative {...replacedBy} />
          </Fact>
        )}
      </Facts>
    </Panel>
  )
}

function Relative({ id, name, status }: NonNullable<CertificateView['replaces']>) {
  const { params } = usePlace()
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
