import { Button, VisuallyHidden } from '@mantine/core'
import { useClipboard } from '@mantine/hooks'
import { IconCheck, IconCopy } from '@tabler/icons-react'
import classes from './copy-button.module.css'

interface CopyButtonProps {
  value: string
  /** What is copied, for screen readers: "the command". */
  what: string
  /** For light backgrounds or the dark background of a command. */
  ground?: 'light' | 'dark'
  onCopy?: () => void
}

/** Copies `value` and confirms it. */
export function CopyButton({ value, what, ground = 'light', onCopy }: CopyButtonProps) {
  const clipboard = useClipboard({ timeout: 2000 })
  const copy = () => {
    clipboard.copy(value)
    onCopy?.()
  }
  return (
    <Button
      size="compact-xs"
      variant="default"
      className={classes.button}
      data-ground={ground}
      data-copied={clipboard.copied}
      onClick={copy}
      leftSection={
        clipboard.copied ? <IconCheck size={14} aria-hidden /> : <IconCopy size={14} aria-hidden />
      }
    >
      <span aria-live="polite">{clipboard.copied ? 'Copied' : 'Copy'}</span>
      <VisuallyHidden> {what}</VisuallyHidden>
    </Button>
  )
}
