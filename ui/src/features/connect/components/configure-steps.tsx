import { TextLink } from '../../../components/ui/links.tsx'
import { Steps } from '../../../components/ui/steps.tsx'
import { useWorkspace } from '../../../lib/workspace.tsx'

/** The guided steps, in order. */
export const configureSteps = [
  { id: 'curl', label: 'Test with cURL (optional)' },
  { id: 'postman', label: 'Set Postman up' },
  { id: 'request', label: 'Test in Postman' },
] as const
export type ConfigureStep = (typeof configureSteps)[number]['id']

/** Shows the current guided step; each can be opened at any time. */
export function ConfigureSteps({
  current,
  certificateId,
}: {
  current: ConfigureStep
  certificateId: string
}) {
  const { params } = useWorkspace()
  const position = configureSteps.findIndex(({ id }) => id === current)
  return (
    <Steps
      label="Steps"
      steps={configureSteps.map(({ id, label }, index) => ({
        id,
        label,
        state: index < position ? 'done' : index === position ? 'current' : 'ahead',
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
