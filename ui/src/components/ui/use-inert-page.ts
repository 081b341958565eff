import { useEffect } from 'react'

/** How many dialogs and menus are open over the page. */
let open = 0

/** Makes the page behind a dialog inert while `active`. */
export function useInertPage(active: boolean): void {
  useEffect(() => {
    const page = document.getElementById('root')
    if (!active || page === null) return
    open += 1
    page.inert = true
    page.setAttribute('aria-hidden', 'true')
    return () => {
      open -= 1
      if (open > 0) return
      page.inert = false
      page.removeAttribute('aria-hidden')
    }
  }, [active])
}
