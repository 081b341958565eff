import type { ReactNode } from 'react'
import type { DenialView } from '../../../../../src/contract/denial.ts'
import { TextLink } from '../../../components/ui/links.tsx'
import { Notice } from '../../../components/ui/notice.tsx'
import { denialTitle } from '../../../lib/denial-titles.ts'
import { ActivityDescription } from './activity-description.tsx'
import classes from './activity-details.module.css'
import { UnprovenNotice } from './unproven-notice.tsx'

/** Shows all details of a denied request. */
export function DenialDetails({ refusal: denial, children }: { refusal: DenialView; children?: ReactNode }) {
  const { code, explanation, organization, environment, certificate, identityProven } = denial
  return (
    <div className={classes.root}>
      <Notice tone="bad" title={denialTitle(code)}>
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
      {organization && !identityProven && <UnprovenNotice />}
      <ActivityDescription activity={denial} />
      {children}
    </div>
  )
}
