import { errorStatus } from '../../../../../src/contract/error-status.ts'
import { findErrorTitle } from '../../../../../src/contract/error-titles.ts'
import { Page } from '../../../components/ui/page.tsx'
import { Panel } from '../../../components/ui/panel.tsx'
import { findCaseByCode } from '../help-cases.ts'
import classes from './help-list.module.css'

const maxShown = 64

/** Shows the meaning of a code and what to do. An unknown code may be of a later release. */
export function ErrorCodeHelp({ code }: { code: string }) {
  const title = findErrorTitle(code)
  const found = title === undefined ? undefined : findCaseByCode(code)
  if (title === undefined || found === undefined) return <UnknownCode code={code} />
  return (
    <Page
      title={title}
      width="narrow"
      description={
        <>
          <code>{code}</code>, HTTP status {errorStatus[code as keyof typeof errorStatus]}
        </>
      }
    >
      <Panel title="What it means">
        <p>{found.meaning}</p>
      </Panel>
      <Panel title="What to do">
        <ol className={classes.steps}>
          {found.steps.map((step) => (
            <li key={step}>{step}</li>
          ))}
        </ol>
      </Panel>
      <p>The detail of an answer says what happened in your case.</p>
    </Page>
  )
}

function UnknownCode({ code }: { code: string }) {
  return (
    <Page title="Unknown code" width="narrow" description={<code>{code.slice(0, maxShown)}</code>}>
      <Panel>
        <p>
          This release of Postern does not know this code. Check the spelling. If an answer has this code,
          read its detail, and give its trace ID to the provider.
        </p>
      </Panel>
    </Page>
  )
}
