import type { ComponentProps } from 'react'
import { Panel } from '../../../components/ui/panel.tsx'
import { StepLayout } from '../../../components/ui/step-layout.tsx'

/** Shows one of the guided steps. */
export function StepPanel(props: ComponentProps<typeof StepLayout>) {
  return (
    <Panel>
      <StepLayout {...props} />
    </Panel>
  )
}
