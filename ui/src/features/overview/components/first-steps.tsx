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
    id: 'certificate',
    title: 'Create a client certificate',
    text: 'Your private key stays on your machine.',
    action: 'Create certificate',
  },
  {
    id: 'credential',
    title: 'Create API credentials',
    text: 'A client ID and a client secret, created in the guided steps of the certificate.',
    action: 'Create credentials',
  },
  {
    id: 'connected',
    title: 'Connect to the gateway',
    text: 'One command shows whether the gateway accepts your certificate.',
    action: 'Configure in Postman',
  },
  {
    id: 'token',
    title: 'Get an access token',
    text: 'Your service calls the API with it.',
    action: 'Get token',
  },
]

/** Shows the first steps of a new organization with the completed ones. */
export function FirstSteps({ progress, onGo }: FirstStepsProps) {
  const next = steps.find(({ id }) => !progress[id])?.id
  return (
    <Panel title="Get your first token" description="About three minutes.">
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
