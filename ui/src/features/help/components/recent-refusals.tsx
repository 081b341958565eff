import type { ActivityView } from '../../../../../src/contract/activity.ts'
import { TextLink } from '../../../components/ui/links.tsx'
import { Moment } from '../../../components/ui/moment.tsx'
import { Notice } from '../../../components/ui/notice.tsx'
import { Panel } from '../../../components/ui/panel.tsx'
import { usePlace } from '../../../lib/place.tsx'
import { refusalTitle } from '../../../lib/refusal-titles.ts'
import classes from './recent-refusals.module.css'

const mostCauses = 5

/** Shows recent denied requests of this organization by cause, each with a link to its fix. */
export function RecentRefusals({ refusals }: { refusals: ActivityView[] }) {
  const { environment } = usePlace()
  if (refusals.length === 0)
    return (
      <Notice tone="good" title="Nothing was refused to you of late">
        <p>{`What the ${environment.label} gateway refuses to your organization appears here, with its cause.`}</p>
      </Notice>
    )
  const byCause = Map.groupBy(refusals, ({ code }) => code)
  return (
    <Panel title="Refused to your organization" description="The newest refusals, by cause." flush>
      <ul className={classes.list}>
        {[...byCause].slice(0, mostCauses).map(([code, rows]) => (
          <Cause key={code} code={code} rows={rows} />
        ))}
      </ul>
    </Panel>
  )
}

function Cause({ code, rows }: { code: ActivityView['code']; rows: ActivityView[] }) {
  const { params } = usePlace()
  const [newest] = rows
  const names = [...new Set(rows.map(({ certificate }) => certificate?.name).filter(Boolean))]
  return (
    <li className={classes.cause}>
      <div className={classes.words}>
        {code === null ? (
          <strong>{refusalTitle(code)}</strong>
        ) : (
          <TextLink fw={600} to="/o/$organization/$environment/help" params={params} search={{ code }}>
            {refusalTitle(code)}
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
