import { toLocalPath } from '../../lib/local-path.ts'

const name = 'postern.single-sign-on-next'

/** Keeps the page to open after a sign-in at another site. */
export const keepNextPage = (next: string): void => sessionStorage.setItem(name, next)

/** Returns the kept page once; the first page if there is none. */
export function takeNextPage(): string {
  const next = sessionStorage.getItem(name)
  sessionStorage.removeItem(name)
  return toLocalPath(next)
}
