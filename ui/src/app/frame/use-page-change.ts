import { useLocation } from '@tanstack/react-router'
import { type RefObject, useEffect, useRef } from 'react'

/** Gives the element to hold the page; it is focused, and `onChange` called, when another page comes. */
export function usePageChange(onChange: () => void): RefObject<HTMLElement | null> {
  const page = useRef<HTMLElement>(null)
  const { pathname } = useLocation()
  const shown = useRef(pathname)
  useEffect(() => {
    if (shown.current === pathname) return
    shown.current = pathname
    onChange()
    // Keyboards and screen readers go on where the new page begins.
    page.current?.focus({ preventScroll: true })
  }, [pathname, onChange])
  return page
}
