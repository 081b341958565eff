import { useLocation } from '@tanstack/react-router'
import { type RefObject, useEffect, useRef } from 'react'

/**
 * Returns the ref of the page's element; it gets the focus, and `onChange` is called, when the page changes.
 */
export function usePageChange(onChange: () => void): RefObject<HTMLElement | null> {
  const page = useRef<HTMLElement>(null)
  const { pathname } = useLocation()
  const shown = useRef(pathname)
  useEffect(() => {
    if (shown.current === pathname) return
    shown.current = pathname
    onChange()
    // Keyboard and screen reader continue at the start of the new page.
    page.current?.focus({ preventScroll: true })
  }, [pathname, onChange])
  return page
}
