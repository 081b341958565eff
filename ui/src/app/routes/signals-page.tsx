import { Page } from '../../components/ui/page.tsx'
import { AddressMonitoring } from '../../features/signals/components/address-monitoring.tsx'
import { AllSignals } from '../../features/signals/components/all-signals.tsx'
import { useWorkspace } from '../../lib/workspace.tsx'

/** Shows what may be forgotten, and what was dismissed. */
export function SignalsPage() {
  const { environment } = useWorkspace()
  return (
    <Page
      title="Signals"
      description={`Things in ${environment.label} that may be forgotten. None is urgent.`}
    >
      <AllSignals state="open" />
      <AllSignals state="dismissed" />
      <AddressMonitoring />
    </Page>
  )
}
