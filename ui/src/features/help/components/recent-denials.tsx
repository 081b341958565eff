import type { ActivityView } from '../../../../../src/contract/activity.ts'
import { TextLink } from '../../../components/ui/links.tsx'
import { Moment } from '../../../components/ui/moment.tsx'
import { Notice } from '../../../components/ui/notice.tsx'
import { Panel } from '../../../components/ui/panel.tsx'
import { denialTitle } from '../../../lib/denial-titles.ts'
import { useWorkspace } from '../../../lib/workspace.tsx'
import classes from './recent-denials.module.css'

const maxCauses = 5

/** Shows recent denied requests of this organization by cause, each with a link to its fix. */
export function RecentDenials({ refusals: denials }: { refusals: ActivityView[] }) {
  const { environment } = useWorkspace()
  if (denials.length === 0)
    return (
      <Notice tone="good" title="No recent errors">
        <p>{`Requests of your organization that the ${environment.label} gateway denies appear here, with their cause.`}</p>
      </Notice>
    )
  const byCause = Map.groupBy(denials, ({ code }) => code)
  return (
    <Panel
      title="Denied requests of your organization"
      description="The latest denied requests, by cause."
      flush
    >
      <ul className={classes.list}>
        {[...byCause].slice(0, maxCauses).map(([code, rows]) => (
          <Cause key={code} code={code} rows={rows} />
        ))}
      </ul>
    </Panel>
  )
}

function Cause({ code, rows }: { code: ActivityView['code']; rows: ActivityView[] }) {
  const { params } = useWorkspace()
  const [newest] = rows
  const names = [...new Set(rows.map(({ certificate }) => certificate?.name).filter(Boolean))]
  return (
    <li className={classes.cause}>
      <div className={classes.words}>
        {code === null ? (
          <strong>{denialTitle(code)}</strong>
        ) : (
          <TextLink fw={600} to="/o/$organization/$environment/help" params={params} search={{ code }}>
            {denialTitle(code)}
          </TextLink>
        )}
        <p>{newest?.explanation}</p>
      </div>
      <div className={classes.facts}>
        <span>{rows.length === 1 ? 'once' : `${rows.length} times`}</span>
        {names.length > 0 && <span>{names.join(', ')}</span>}
        {newest && <Moment at={newest.at} />}
      </div>
    </li>
  )
}
