import { useEffect } from 'react'

const forms = new Set<symbol>()

/** Reports while a form holds input that was not sent. */
export function useUnsavedInput(isUnsaved: boolean): void {
  useEffect(() => {
    if (!isUnsaved) return
    const form = Symbol('form')
    forms.add(form)
    return () => void forms.delete(form)
  }, [isUnsaved])
}

/** Returns whether a form of the page holds input that was not sent. */
export const hasUnsavedInput = (): boolean => forms.size > 0
