import { CopyButton } from './copy-button.tsx'
import classes from './copy-value.module.css'

interface CopyValueProps {
  value: string
  /** The name for screen readers, for example "the serial number". */
  what: string
  /** Whether it stays on one line, which scrolls, also by keyboard. */
  unbroken?: boolean
}

/** Shows a value to copy in a monospaced font. */
export function CopyValue({ value, what, unbroken = false }: CopyValueProps) {
  return (
    <span className={classes.root}>
      {unbroken ? (
        // biome-ignore lint/a11y/useSemanticElements: a fieldset holds form fields, this is text
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keyboard
        <code className={classes.line} role="group" aria-label={what} tabIndex={0}>
          {value}
        </code>
      ) : (
        <code className={classes.value}>{value}</code>
      )}
      <CopyButton value={value} what={what} />
    </span>
  )
}
