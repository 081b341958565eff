import type { ChangeLine } from '../../lib/change-lines.ts'
import classes from './change-list.module.css'

/** Shows changes, one field per line; the previous value is struck out next to the new one. */
export function ChangeList({ lines }: { lines: ChangeLine[] }) {
  return (
    <dl className={classes.list}>
      {lines.map(({ name, text, was }) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>
            {was !== undefined && <del>{was}</del>}
            {was !== undefined && ' '}
            {text || 'nothing'}
          </dd>
        </div>
      ))}
    </dl>
  )
}
