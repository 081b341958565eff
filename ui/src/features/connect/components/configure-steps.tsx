import { TextLink } from '../../../components/ui/links.tsx'
import { Steps } from '../../../components/ui/steps.tsx'
import { useWorkspace } from '../../../lib/workspace.tsx'

/** The guided steps, in order. */
export const configureSteps = [
  { id: 'curl', label: 'Test with cURL (optional)' },
  { id: 'postman', label: 'Configure in Postman' },
  { id: 'request', label: 'Test in Postman' },
] as const
export type ConfigureStep = (typeof configureSteps)[number]['id']

/** Returns the title of a step: "Step 2 of 3 — Configure in Postman". */
export function getStepTitle(step: ConfigureStep): string {
  const position = configureSteps.findIndex(({ id }) => id === step)
  return `Step ${position + 1} of ${configureSteps.length} — ${configureSteps[position]?.label ?? ''}`
}

interface ConfigureStepsProps {
  current: ConfigureStep
  /** The steps that the gateway has seen; only these are ticked. */
  seen: ReadonlySet<ConfigureStep>
  certificateId: string
}

/** Shows the current guided step; each can be opened at any time. */
export function ConfigureSteps({ current, seen, certificateId }: ConfigureStepsProps) {
  const { params } = useWorkspace()
  return (
    <Steps
      label="Steps"
      steps={configureSteps.map(({ id, label }) => ({
        id,
        label,
        isDone: seen.has(id),
        state: id === current ? 'current' : seen.has(id) ? 'done' : 'ahead',
        ...(id === current
          ? {}
          : {
              link: (text) => (
                <TextLink
                  to="/o/$organization/$environment/certificates/$certificateId/configure/$step"
                  params={{ ...params, certificateId, step: id }}
                >
                  {text}
                </TextLink>
              ),
            }),
      }))}
    />
  )
}
