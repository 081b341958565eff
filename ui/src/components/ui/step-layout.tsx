import { Title } from '@mantine/core'
import type { ReactNode } from 'react'
import classes from './step-layout.module.css'

interface StepLayoutProps {
  title: string
  description: ReactNode
  /** The links to the previous and next step. */
  foot: ReactNode
  children: ReactNode
}

/** What one of several steps says, asks and leads to. */
export function StepLayout({ title, description, foot, children }: StepLayoutProps) {
  return (
    <div className={classes.root}>
      <header>
        <Title order={2}>{title}</Title>
        <p className={classes.description}>{description}</p>
      </header>
      {children}
      <footer className={classes.foot}>{foot}</footer>
    </div>
  )
}
