import type { QueryClient } from '@tanstack/react-query'
import { removeKeptInput, removeOldInput } from '../lib/kept-input.ts'
import { toLocalPath } from '../lib/local-path.ts'
import { notifyOtherTabs, subscribeToOtherTabs } from '../lib/session-news.ts'

const signInPath = '/sign-in'
const isAtSignIn = () => location.pathname === signInPath

/** Clears the page and its cache, and loads the sign-in page: nothing of the session remains. */
function leave(queries: QueryClient, next?: string): void {
  document.documentElement.hidden = true
  queries.clear()
  const search = next === undefined ? '' : `?${new URLSearchParams({ next })}`
  location.replace(`${signInPath}${search}`)
}

/** Clears every tab of this browser after the user has signed out here; the next sign-in leads to `next`. */
export function signedOutHere(queries: QueryClient, next?: string): void {
  removeKeptInput()
  notifyOtherTabs('signed-out')
  leave(queries, next)
}

/** Leads to the sign-in page, and back afterwards, when the API no longer knows the session. */
export function announceSessionEnd(queries: QueryClient): void {
  if (isAtSignIn()) return
  notifyOtherTabs('session-ended')
  leave(queries, `${location.pathname}${location.search}`)
}

/** Reacts if the session ends elsewhere: in another tab, or on return to a page from the history. */
export function followSession(queries: QueryClient): void {
  removeOldInput()
  subscribeToOtherTabs({
    'signed-out': () => {
      removeKeptInput()
      if (!isAtSignIn()) leave(queries, `${location.pathname}${location.search}`)
    },
    'session-ended': () => {
      if (!isAtSignIn()) leave(queries, `${location.pathname}${location.search}`)
    },
    'signed-in': () => {
      if (isAtSignIn()) location.replace(toLocalPath(new URLSearchParams(location.search).get('next')))
      else location.reload()
    },
  })
  // A page from the back-forward cache would show old data: it is hidden, and reloaded.
  addEventListener('pagehide', ({ persisted }) => {
    if (persisted) document.documentElement.hidden = true
  })
  addEventListener('pageshow', ({ persisted }) => {
    if (persisted) location.reload()
  })
}
