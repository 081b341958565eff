import { operation } from './operation.ts'
import { PlatformState } from './platform.ts'

/** Operations on Postern as a whole. */
export const platformOperations = {
  getPlatformState: operation({
    id: 'getPlatformState',
    summary: 'How store, mail, CRLs and gateways are, and what needs an operator',
    method: 'GET',
    path: '/platform',
    access: 'operator',
    reply: PlatformState,
  }),
}
