import type { ReactNode } from 'react'
import type { ActivityView } from '../../../../../src/contract/activity.ts'
import { CopyValue } from '../../../components/ui/copy-value.tsx'
import { DescriptionItem, DescriptionList } from '../../../components/ui/description-list.tsx'
import { exactTime } from '../../../lib/relative-time.ts'

/** Returns all details of a gateway event by name and value. */
export function ActivityDescription({ activity }: { activity: ActivityView }) {
  const { presentedCertificate, traceId, at } = activity
  const details: [string, ReactNode][] = [
    ['Time', exactTime(new Date(at))],
    ['Request', [activity.method, activity.path].filter(Boolean).join(' ')],
    ['Client ID', activity.clientId],
    ['Client address', activity.clientAddress],
    ['Server name', activity.serverName],
    [
      'TLS',
      [activity.tlsVersion, activity.tlsCipher, activity.tlsResumed ? 'resumed' : null]
        .filter(Boolean)
        .join(', '),
    ],
    ['Trace ID', <CopyValue key="trace" value={traceId} what="the trace ID" />],
    ['Presented certificate', presentedCertificate?.subject],
    ['Issued by', presentedCertificate?.issuer],
    ['Serial number', presentedCertificate && <code key="serial">{presentedCertificate.serialNumber}</code>],
    [
      'SHA-256',
      presentedCertificate && <code key="fingerprint">{presentedCertificate.fingerprintSha256}</code>,
    ],
  ]
  return (
    <DescriptionList columns={2}>
      {details
        .filter(([, value]) => value !== null && value !== undefined && value !== '')
        .map(([label, value]) => (
          <DescriptionItem key={label} label={label}>
            {value}
          </DescriptionItem>
        ))}
    </DescriptionList>
  )
}
