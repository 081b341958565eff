import { operation } from './operation.ts'
import { ConfigurationChanges, PlatformState } from './platform.ts'

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
  reloadConfiguration: operation({
    id: 'reloadConfiguration',
    summary: 'Read the configuration file again and put it in force without a restart',
    method: 'POST',
    path: '/platform/configuration/reload',
    access: 'operator',
    reply: ConfigurationChanges,
    stepUp: true,
    errors: ['configuration_rejected'],
  }),
}
