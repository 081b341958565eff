import type { ReactNode } from 'react'
import classes from './command-block.module.css'
import { CopyButton } from './copy-button.tsx'

interface CommandBlockProps {
  /** What it is, for example "OpenSSL command". */
  label: string
  text: string
  /** What is shown in its place, where the text holds a secret that is not to be seen. */
  shown?: string
  /** What stands in the bar above the text. */
  bar?: ReactNode
  onCopy?: () => void
}

/** A command to copy. The text wraps at no place of its own; it scrolls, also by keyboard. */
export function CommandBlock({ label, text, shown = text, bar, onCopy }: CommandBlockProps) {
  return (
    <div className={classes.root}>
      <div className={classes.bar}>
        <span className={classes.label}>{bar ?? label}</span>
        <CopyButton value={text} what="the command" ground="dark" {...(onCopy ? { onCopy } : {})} />
      </div>
      {/* biome-ignore lint/a11y/useSemanticElements: a fieldset holds form fields, this is text */}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keyboard */}
      <pre className={classes.text} role="group" aria-label={label} tabIndex={0}>
        {shown}
      </pre>
    </div>
  )
}
