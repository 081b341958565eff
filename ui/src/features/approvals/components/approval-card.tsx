import { Button } from '@mantine/core'
import { useState } from 'react'
import type { ApprovalDecision, ApprovalView } from '../../../../../src/contract/approval.ts'
import { fingerprintText } from '../../../../../src/pki/der/fingerprint.ts'
import { DescriptionItem, DescriptionList } from '../../../components/ui/description-list.tsx'
import { Dialog } from '../../../components/ui/dialog.tsx'
import { Moment } from '../../../components/ui/moment.tsx'
import { Notice } from '../../../components/ui/notice.tsx'
import { Panel } from '../../../components/ui/panel.tsx'
import { ActorName } from '../../../lib/actor-name.tsx'
import { useMayOperate } from '../../../lib/may-operate.ts'
import { riskNotes } from '../risk-notes.ts'
import classes from './approval-card.module.css'
import { DecisionForm } from './decision-form.tsx'

/** Shows a pending CSR: its content, its risks, and the decision form. */
export function ApprovalCard({ approval }: { approval: ApprovalView }) {
  const { certificate, organization } = approval
  const { name, environment, description, request, external, certifiedSubject: subject } = certificate
  const mayOperate = useMayOperate()
  const [choice, setChoice] = useState<ApprovalDecision['decision']>()
  const { risks, remarks } = riskNotes(approval)
  const close = () => setChoice(undefined)
  return (
    <Panel
      title={name}
      description={`${organization.legalName} (${organization.slug}), ${environment}`}
      actions={
        mayOperate && (
          <div className={classes.actions}>
            <Button size="xs" color="red" variant="outline" onClick={() => setChoice('reject')}>
              Reject
            </Button>
            <Button size="xs" onClick={() => setChoice('approve')}>
              Approve
            </Button>
          </div>
        )
      }
    >
      {external && (
        <DescriptionList columns={2}>
          <DescriptionItem label="Issuer">{external.issuer || 'No name'}</DescriptionItem>
          <DescriptionItem label="Names">{external.subject || 'No subject'}</DescriptionItem>
          <DescriptionItem label="Key">{external.keyAlgorithm}</DescriptionItem>
          <DescriptionItem label="Registered by">
            <ActorName actor={certificate.createdBy} />
          </DescriptionItem>
          <DescriptionItem label="Fingerprint">
            <code className={classes.code}>{fingerprintText(external.fingerprintSha256)}</code>
          </DescriptionItem>
          <DescriptionItem label="Purpose">{description || '–'}</DescriptionItem>
        </DescriptionList>
      )}
      {request && (
        <DescriptionList columns={2}>
          <DescriptionItem label="Requested subject">{request.subject || 'No subject'}</DescriptionItem>
          <DescriptionItem label="Certificate will name">
            {[subject.organizationName, subject.state, subject.country].filter(Boolean).join(', ')}
          </DescriptionItem>
          <DescriptionItem label="Submitted">
            <Moment at={request.submittedAt} />
            {' by '}
            <ActorName actor={request.submittedBy} />
          </DescriptionItem>
          <DescriptionItem label="Key">{request.keyAlgorithm}</DescriptionItem>
          <DescriptionItem label="From">{request.submittedFrom}</DescriptionItem>
          <DescriptionItem label="Key fingerprint">
            <code className={classes.code}>{fingerprintText(request.publicKeySha256)}</code>
          </DescriptionItem>
          <DescriptionItem label="Purpose">{description || '–'}</DescriptionItem>
        </DescriptionList>
      )}
      {request && request.differences.length > 0 && <Differences rows={request.differences} />}
      {risks.length > 0 && (
        <Notice tone="warn" title="Check before you decide">
          {risks.map((note) => (
            <p key={note}>{note}</p>
          ))}
        </Notice>
      )}
      {remarks.length > 0 && (
        <Notice tone="info" title="For your information">
          {remarks.map((note) => (
            <p key={note}>{note}</p>
          ))}
        </Notice>
      )}
      <Dialog
        opened={choice !== undefined}
        onClose={close}
        title={choice === 'reject' ? `Reject ${name}` : `Approve ${name}`}
      >
        {choice && <DecisionForm approvalId={approval.id} decision={choice} onClose={close} />}
      </Dialog>
    </Panel>
  )
}

function Differences({ rows }: { rows: { field: string; requested: string; certified: string }[] }) {
  return (
    <ul className={classes.differences} aria-label="Differences">
      {rows.map(({ field, requested, certified }) => (
        <li key={`${field} ${requested}`}>
          <strong>{field}</strong>
          {` requested: ${requested || 'nothing'}, in the certificate: ${certified || 'nothing'}`}
        </li>
      ))}
    </ul>
  )
}
