import { CopyButton } from './copy-button.tsx'
import classes from './copy-value.module.css'

/** A value to copy, in the type of machines. `what` names it for those who hear the page. */
export function CopyValue({ value, what }: { value: string; what: string }) {
  return (
    <span className={classes.root}>
      <code className={classes.value}>{value}</code>
      <CopyButton value={value} what={what} />
    </span>
  )
}
