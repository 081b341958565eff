import { VisuallyHidden } from '@mantine/core'
import { IconCheck } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import classes from './steps.module.css'

export interface Step {
  id: string
  label: string
  /** Creates the link to it, if it can be opened. */
  link?: (label: ReactNode) => ReactNode
  state: 'done' | 'current' | 'ahead'
  /** Whether it is ticked although it is open; a step of state `done` is ticked anyway. */
  isDone?: boolean
}

/** Shows the current one of several steps. */
export function Steps({ label, steps }: { label: string; steps: Step[] }) {
  return (
    <nav aria-label={label}>
      <ol className={classes.steps}>
        {steps.map((step, index) => (
          <li
            key={step.id}
            className={classes.step}
            data-state={step.state}
            aria-current={step.state === 'current' ? 'step' : undefined}
          >
            <span className={classes.mark} aria-hidden>
              {step.isDone || step.state === 'done' ? <IconCheck size={14} stroke={2.5} /> : index + 1}
            </span>
            <span className={classes.label}>
              {step.link ? step.link(step.label) : step.label}
              {(step.isDone || step.state === 'done') && <VisuallyHidden>, done</VisuallyHidden>}
            </span>
          </li>
        ))}
      </ol>
    </nav>
  )
}
