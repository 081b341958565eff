import type { CertificateView } from '../../../../../src/contract/certificate.ts'
import classes from './certificate-overview.module.css'
import { DetailsPanel } from './details-panel.tsx'
import { ExternalPanel } from './external-panel.tsx'
import { IssuedPanel } from './issued-panel.tsx'
import { LineagePanel } from './lineage-panel.tsx'
import { RequestPanel } from './request-panel.tsx'

/** Shows the static details of a certificate. */
export function CertificateOverview({ certificate }: { certificate: CertificateView }) {
  return (
    <div className={classes.grid}>
      <div className={classes.column}>
        <IssuedPanel certificate={certificate} />
        <ExternalPanel certificate={certificate} />
        {certificate.request && <RequestPanel request={certificate.request} />}
      </div>
      <div className={classes.column}>
        <DetailsPanel certificate={certificate} />
        <LineagePanel certificate={certificate} />
      </div>
    </div>
  )
}
