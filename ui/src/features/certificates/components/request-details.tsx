import { IconCircleCheck } from '@tabler/icons-react'
import { CopyValue } from '../../../components/ui/copy-value.tsx'
import { DescriptionItem, DescriptionList } from '../../../components/ui/description-list.tsx'
import { Notice } from '../../../components/ui/notice.tsx'
import type { ReadRequest } from '../read-request.ts'
import { DifferencesTable } from './differences-table.tsx'
import classes from './request-details.module.css'

/** Shows what the page has parsed in a CSR. */
export function RequestDetails({ request }: { request: ReadRequest }) {
  return (
    <section className={classes.root} aria-label="What the request holds">
      <p className={classes.verdict} role="status">
        <IconCircleCheck size={20} aria-hidden /> The request is in order and signed with its own key.
      </p>
      <DescriptionList>
        <DescriptionItem label="Subject">{request.subject || 'None'}</DescriptionItem>
        <DescriptionItem label="Key">{request.key}</DescriptionItem>
        <DescriptionItem label="Key fingerprint">
          <CopyValue value={request.fingerprint} what="the fingerprint of the key" />
        </DescriptionItem>
      </DescriptionList>
      {request.differences.length === 0 ? (
        <p className={classes.same}>The certificate will carry exactly what the request asks for.</p>
      ) : (
        <>
          <Notice
            tone={request.asksForPower.length > 0 ? 'warn' : 'info'}
            title="The certificate will differ"
          >
            <p>
              That is no mistake: Postern decides what a certificate carries. Nothing has to be done about it.
            </p>
          </Notice>
          <DifferencesTable differences={request.differences} />
        </>
      )}
    </section>
  )
}
