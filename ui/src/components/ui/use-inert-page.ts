import { useEffect } from 'react'

/** How many dialogs and menus are open over the page. */
let open = 0
/** What had the focus before the first of them opened. */
let before: Element | null = null

/** Makes the page behind a dialog inert while `active`. The focus then returns to where it was. */
export function useInertPage(active: boolean): void {
  useEffect(() => {
    const page = document.getElementById('root')
    if (!active || page === null) return
    if (open === 0) before = document.activeElement
    open += 1
    page.inert = true
    page.setAttribute('aria-hidden', 'true')
    return () => {
      open -= 1
      if (open > 0) return
      page.inert = false
      page.removeAttribute('aria-hidden')
      if (before instanceof HTMLElement && page.contains(before)) before.focus({ preventScroll: true })
      before = null
    }
  }, [active])
}
