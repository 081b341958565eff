import type { ReactNode } from 'react'
import classes from './command-block.module.css'
import { CopyButton } from './copy-button.tsx'

interface CommandBlockProps {
  /** The name of the command, for example "OpenSSL command". */
  label: string
  text: string
  /** What is shown instead, if the text contains a secret that must not be visible. */
  shown?: string
  /** The content of the bar above the text. */
  bar?: ReactNode
  onCopy?: () => void
}

/** Shows a command to copy. The text is not wrapped; it scrolls, also by keyboard. */
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
