import type { RefusalView } from '../../../../../src/contract/refusal.ts'
import { TextLink } from '../../../components/ui/links.tsx'
import { Notice } from '../../../components/ui/notice.tsx'
import { refusalTitle } from '../../../lib/refusal-titles.ts'
import classes from './activity-details.module.css'
import { ActivityFacts } from './activity-facts.tsx'
import { UnprovenNotice } from './unproven-notice.tsx'

/** Shows all details of a denied request. */
export function RefusalDetails({ refusal }: { refusal: RefusalView }) {
  const { code, explanation, organization, environment, certificate, proven } = refusal
  return (
    <div className={classes.root}>
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
      {organization && !proven && <UnprovenNotice />}
      <ActivityFacts activity={refusal} />
    </div>
  )
}
