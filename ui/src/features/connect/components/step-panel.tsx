import { Title } from '@mantine/core'
import type { ReactNode } from 'react'
import { Panel } from '../../../components/ui/panel.tsx'
import classes from './step-panel.module.css'

interface StepPanelProps {
  title: string
  description: ReactNode
  /** The ways back and on. */
  foot: ReactNode
  children: ReactNode
}

/** One of the guided steps. */
export function StepPanel({ title, description, foot, children }: StepPanelProps) {
  return (
    <Panel>
      <div className={classes.root}>
        <header>
          <Title order={2}>{title}</Title>
          <p className={classes.description}>{description}</p>
        </header>
        {children}
        <footer className={classes.foot}>{foot}</footer>
      </div>
    </Panel>
  )
}
