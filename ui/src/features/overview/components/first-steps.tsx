import { Button } from '@mantine/core'
import { IconCheck } from '@tabler/icons-react'
import { Panel } from '../../../components/ui/panel.tsx'
import classes from './first-steps.module.css'

/** The progress of an organization to a first token; each step is true after it was completed. */
export interface Progress {
  credential: boolean
  certificate: boolean
  connected: boolean
  token: boolean
}

interface FirstStepsProps {
  progress: Progress
  /** Navigates to the page of the step; undefined if the user may only view it. */
  onGo: ((step: keyof Progress) => void) | undefined
}

const steps: { id: keyof Progress; title: string; text: string; action: string }[] = [
  {
    id: 'credential',
    title: 'API credentials',
    text: 'A client ID and a secret for your service.',
    action: 'Make them',
  },
  {
    id: 'certificate',
    title: 'A client certificate',
    text: 'A key that stays on your machine, and a certificate for it.',
    action: 'Begin',
  },
  {
    id: 'connected',
    title: 'A first connection',
    text: 'One command shows whether the gateway lets you in.',
    action: 'Connect',
  },
  { id: 'token', title: 'A first token', text: 'With it your service can call the API.', action: 'Get it' },
]

/** Shows the first steps of a new organization with the completed ones. */
export function FirstSteps({ progress, onGo }: FirstStepsProps) {
  const next = steps.find(({ id }) => !progress[id])?.id
  return (
    <Panel title="Your way to a first token" description="About three minutes, most of them yours.">
      <ol className={classes.steps}>
        {steps.map(({ id, title, text, action }, index) => (
          <li key={id} className={classes.step} data-state={stateOf(progress[id], id === next)}>
            <span className={classes.mark} aria-hidden>
              {progress[id] ? <IconCheck size={16} stroke={2.5} /> : index + 1}
            </span>
            <div>
              <strong>{title}</strong>
              <p>{progress[id] ? 'Done' : text}</p>
            </div>
            {id === next && onGo && (
              <Button size="xs" onClick={() => onGo(id)}>
                {action}
              </Button>
            )}
          </li>
        ))}
      </ol>
    </Panel>
  )
}

const stateOf = (done: boolean, next: boolean) => (done ? 'done' : next ? 'next' : 'ahead')
