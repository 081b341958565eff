import type { ReactNode } from 'react'
import type { RefusalView } from '../../../../../src/contract/refusal.ts'
import { CopyValue } from '../../../components/ui/copy-value.tsx'
import { Fact, Facts } from '../../../components/ui/facts.tsx'
import { TextLink } from '../../../components/ui/links.tsx'
import { Notice } from '../../../components/ui/notice.tsx'
import { refusalTitle } from '../../../lib/refusal-titles.ts'
import { exactTime } from '../../../lib/relative-time.ts'
import classes from './refusals-list.module.css'

/** Everything that is known of one refusal. */
export function RefusalDetails({ refusal }: { refusal: RefusalView }) {
  const { code, explanation, organization, environment, certificate, presented } = refusal
  const facts: [string, ReactNode][] = [
    ['Time', exactTime(new Date(refusal.at))],
    ['Request', [refusal.method, refusal.path].filter(Boolean).join(' ')],
    ['Client ID', refusal.clientId],
    ['Server name', refusal.serverName],
    ['TLS', [refusal.tlsVersion, refusal.cipher].filter(Boolean).join(', ')],
    ['Presented', presented?.subject],
    ['Issued by', presented?.issuer],
    ['Serial number', presented?.serialNumber],
    ['Trace id', <CopyValue key="trace" value={refusal.traceId} what="the trace id" />],
  ]
  return (
    <div className={classes.details}>
      <Notice tone="bad" title={refusalTitle(code)}>
        {explanation && <p>{explanation}</p>}
        <p>
          <code>{code}</code>{' '}
          {organization && certificate && (
            <TextLink
              underline="always"
              to="/o/$organization/$environment/certificates/$certificateId"
              params={{ organization: organization.slug, environment, certificateId: certificate.id }}
            >
              The certificate {certificate.name}
            </TextLink>
          )}
        </p>
      </Notice>
      <Facts columns={2}>
        {facts
          .filter(([, value]) => value !== null && value !== undefined && value !== '')
          .map(([label, value]) => (
            <Fact key={label} label={label}>
              {value}
            </Fact>
          ))}
      </Facts>
    </div>
  )
}
