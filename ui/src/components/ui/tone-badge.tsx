import type { ReactNode } from 'react'
import classes from './tone-badge.module.css'

export type Tone = 'neutral' | 'good' | 'warn' | 'bad' | 'accent' | 'practice'

/** Shows a state in one word. The shape of the dot repeats it: full, half or empty. */
export function ToneBadge({
  tone,
  dot = 'full',
  children,
}: {
  tone: Tone
  dot?: 'full' | 'half' | 'empty' | 'none'
  children: ReactNode
}) {
  return (
    <span className={classes.badge} data-tone={tone}>
      {dot !== 'none' && <span className={classes.dot} data-form={dot} aria-hidden />}
      {children}
    </span>
  )
}
