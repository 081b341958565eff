import { useEffect } from 'react'

/** Makes the page behind a dialog inert while `active`. */
export function useInertPage(active: boolean): void {
  useEffect(() => {
    const page = document.getElementById('root')
    if (!active || page === null) return
    page.inert = true
    page.setAttribute('aria-hidden', 'true')
    return () => {
      page.inert = false
      page.removeAttribute('aria-hidden')
    }
  }, [active])
}
