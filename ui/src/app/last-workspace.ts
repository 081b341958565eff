import type { Workspace } from '../lib/workspace.tsx'

const key = 'postern.place'

/** Stores the current organization and environment for the next visit in this browser. */
export function rememberWorkspace(params: Workspace['params']): void {
  try {
    localStorage.setItem(key, `${params.organization}/${params.environment}`)
  } catch {
    // A browser without storage starts at the first organization.
  }
}

/** Returns the user's last organization and environment in this browser. They may no longer exist. */
export function readLastWorkspace(): Workspace['params'] | undefined {
  try {
    const [organization, environment] = localStorage.getItem(key)?.split('/') ?? []
    return organization && environment ? { organization, environment } : undefined
  } catch {
    return undefined
  }
}
