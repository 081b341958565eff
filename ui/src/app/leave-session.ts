import type { QueryClient } from '@tanstack/react-query'
import { toLocalPath } from '../lib/local-path.ts'
import { followOtherTabs, tellOtherTabs } from '../lib/session-news.ts'

const signInPath = '/sign-in'
const isAtSignIn = () => location.pathname === signInPath

/** Empties the page and its memory, and leads to the sign-in by a new page: nothing of the session is left. */
function leave(queries: QueryClient, next?: string): void {
  document.documentElement.hidden = true
  queries.clear()
  const search = next === undefined ? '' : `?${new URLSearchParams({ next })}`
  location.replace(`${signInPath}${search}`)
}

/** The person has signed out here: no tab of this browser shows anything any more. */
export function signedOutHere(queries: QueryClient): void {
  tellOtherTabs('signed-out')
  leave(queries)
}

/** The API no longer knows the session: leads to the sign-in, and back afterwards. */
export function sessionIsOver(queries: QueryClient): void {
  if (isAtSignIn()) return
  tellOtherTabs('signed-out')
  leave(queries, `${location.pathname}${location.search}`)
}

/** Lets the page follow the session where something else ends it: another tab, or a return to a page of the history. */
export function followSession(queries: QueryClient): void {
  followOtherTabs({
    'signed-out': () => {
      if (!isAtSignIn()) leave(queries, `${location.pathname}${location.search}`)
    },
    'signed-in': () => {
      if (isAtSignIn()) location.replace(toLocalPath(new URLSearchParams(location.search).get('next')))
      else location.reload()
    },
  })
  // A page that the browser keeps for its Back button comes back as it was: it is hidden, and loaded again.
  addEventListener('pagehide', ({ persisted }) => {
    if (persisted) document.documentElement.hidden = true
  })
  addEventListener('pageshow', ({ persisted }) => {
    if (persisted) location.reload()
  })
}
