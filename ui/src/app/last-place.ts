import type { Place } from '../lib/place.tsx'

const key = 'postern.place'

/** Remembers where the person is, for the next visit in this browser. */
export function rememberPlace(params: Place['params']): void {
  try {
    localStorage.setItem(key, `${params.organization}/${params.environment}`)
  } catch {
    // A browser that keeps nothing begins at the first place.
  }
}

/** Where the person last was in this browser. It may no longer exist. */
export function readLastPlace(): Place['params'] | undefined {
  try {
    const [organization, environment] = localStorage.getItem(key)?.split('/') ?? []
    return organization && environment ? { organization, environment } : undefined
  } catch {
    return undefined
  }
}
