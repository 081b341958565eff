import { createContext, useContext } from 'react'
import type { EnvironmentView } from '../../../src/contract/environment.ts'

/** Where the person is: an organization and one of its environments, and what they may do there. */
export interface Place {
  organization: { slug: string; legalName: string; country: string; state: string }
  environment: EnvironmentView
  environments: EnvironmentView[]
  /** Developers and admins of the organization. */
  mayWrite: boolean
  /** Those, and the operators of the platform. */
  mayRevoke: boolean
  /** The path parameters of every page and call here. */
  params: { organization: string; environment: string }
}

const PlaceContext = createContext<Place | undefined>(undefined)
export const PlaceProvider = PlaceContext.Provider

/** The place of this page. Throws outside the pages of an organization. */
export function usePlace(): Place {
  const place = useContext(PlaceContext)
  if (place === undefined) throw new Error('this part stands on a page without an organization')
  return place
}
