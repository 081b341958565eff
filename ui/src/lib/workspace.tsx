import { createContext, useContext } from 'react'
import type { EnvironmentView } from '../../../src/contract/environment.ts'

/** The current organization and environment, and what the user may do there. */
export interface Workspace {
  organization: { slug: string; legalName: string; country: string; state: string }
  environment: EnvironmentView
  environments: EnvironmentView[]
  /** True for developers and admins of the organization. */
  mayWrite: boolean
  /** True for the same, and for operators. */
  mayRevoke: boolean
  /** True for admins of the organization, and for operators. */
  mayAdminister: boolean
  /** The path parameters of every page and call here. */
  params: { organization: string; environment: string }
}

const WorkspaceContext = createContext<Workspace | undefined>(undefined)
export const WorkspaceProvider = WorkspaceContext.Provider

/** Returns the organization and environment of this page. Throws outside the pages of an organization. */
export function useWorkspace(): Workspace {
  const workspace = useContext(WorkspaceContext)
  if (workspace === undefined) throw new Error('this part stands on a page without an organization')
  return workspace
}
