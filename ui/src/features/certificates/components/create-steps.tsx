import { TextLink } from '../../../components/ui/links.tsx'
import { type Step, Steps } from '../../../components/ui/steps.tsx'
import { usePlace } from '../../../lib/place.tsx'

/** The steps from a wish to a certificate, in order. */
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
  /** The certificate, once it is begun. While it is a draft its earlier steps can be gone back to. */
  draftId?: string | undefined
  /** Whether the way is at its end. */
  finished?: boolean
}

/** Where one is in the creation. */
export function CreateSteps({ current, draftId, finished = false }: CreateStepsProps) {
  const { params } = usePlace()
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
