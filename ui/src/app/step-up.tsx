import { lazy, Suspense, useState, useSyncExternalStore } from 'react'
import { findStepUpQuestion, subscribeToStepUp } from '../lib/step-up.ts'

const StepUpDialog = lazy(async () => {
  const { StepUpDialog: dialog } = await import('../features/session/components/step-up-dialog.tsx')
  return { default: dialog }
})

/** Loads the dialog that asks users who they are when the first request needs it; few visits do. */
export function StepUp() {
  const isAsked = useSyncExternalStore(subscribeToStepUp, findStepUpQuestion) !== undefined
  const [wasAsked, setWasAsked] = useState(isAsked)
  if (isAsked && !wasAsked) setWasAsked(true)
  return (
    wasAsked && (
      <Suspense fallback={null}>
        <StepUpDialog />
      </Suspense>
    )
  )
}
