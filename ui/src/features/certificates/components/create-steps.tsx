import { TextLink } from '../../../components/ui/links.tsx'
import { type Step, Steps } from '../../../components/ui/steps.tsx'
import { useWorkspace } from '../../../lib/workspace.tsx'

/** The steps of the creation, in order. */
export const createSteps = [
  { id: 'describe', label: 'Describe' },
  { id: 'organization', label: 'Organization' },
  { id: 'key', label: 'Key and request' },
  { id: 'submit', label: 'Submit' },
  { id: 'result', label: 'Result' },
] as const
export type CreateStep = (typeof createSteps)[number]['id']

interface CreateStepsProps {
  current: CreateStep
  /** The certificate after it is created. While it is a draft its earlier steps can be opened. */
  draftId?: string | undefined
  /** Whether all steps are completed. */
  finished?: boolean
}

/** Shows the current step of the creation. */
export function CreateSteps({ current, draftId, finished = false }: CreateStepsProps) {
  const { params } = useWorkspace()
  const position = createSteps.findIndex(({ id }) => id === current)
  const steps = createSteps.map(({ id, label }, index): Step => {
    const state = finished || index < position ? 'done' : index === position ? 'current' : 'ahead'
    if (draftId === undefined || id === 'result' || id === current) return { id, label, state }
    return {
      id,
      label,
      state,
      link: (text) => (
        <TextLink
          to="/o/$organization/$environment/certificates/$certificateId/create/$step"
          params={{ ...params, certificateId: draftId, step: id }}
        >
          {text}
        </TextLink>
      ),
    }
  })
  return <Steps label="Steps" steps={steps} />
}
