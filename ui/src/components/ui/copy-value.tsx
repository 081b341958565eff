import { CopyButton } from './copy-button.tsx'
import classes from './copy-value.module.css'

/** Shows a value to copy in a monospaced font. `what` names it for screen readers. */
export function CopyValue({ value, what }: { value: string; what: string }) {
  return (
    <span className={classes.root}>
      <code className={classes.value}>{value}</code>
      <CopyButton value={value} what={what} />
    </span>
  )
}
