import { createPageSchema, EnvironmentParams } from './common.ts'
import { operation } from './operation.ts'
import { environmentPath, signalPath } from './paths.ts'
import {
  AddressMonitoring,
  AddressMonitoringChange,
  SignalListQuery,
  SignalParams,
  SignalView,
} from './signal.ts'

const addressMonitoringPath = `${environmentPath}/address-monitoring` as const

/** Operations on what may be forgotten in an organization. */
export const signalOperations = {
  listSignals: operation({
    id: 'listSignals',
    summary: 'List what may be forgotten in an organization, newest first',
    method: 'GET',
    path: `${environmentPath}/signals`,
    access: 'viewer',
    operatorToo: true,
    params: EnvironmentParams,
    query: SignalListQuery,
    reply: createPageSchema(SignalView),
  }),
  getSignal: operation({
    id: 'getSignal',
    summary: 'Get one signal',
    method: 'GET',
    path: signalPath,
    access: 'viewer',
    operatorToo: true,
    params: SignalParams,
    reply: SignalView,
  }),
  dismissSignal: operation({
    id: 'dismissSignal',
    summary: 'Dismiss a signal: nobody is told of it again',
    method: 'PUT',
    path: `${signalPath}/dismissal`,
    access: 'developer',
    params: SignalParams,
    reply: SignalView,
  }),
  undismissSignal: operation({
    id: 'undismissSignal',
    summary: 'Take the dismissal of a signal back',
    method: 'DELETE',
    path: `${signalPath}/dismissal`,
    access: 'developer',
    params: SignalParams,
    reply: SignalView,
  }),
  getAddressMonitoring: operation({
    id: 'getAddressMonitoring',
    summary: 'Get whether calls from new addresses are found in an environment',
    method: 'GET',
    path: addressMonitoringPath,
    access: 'viewer',
    operatorToo: true,
    params: EnvironmentParams,
    reply: AddressMonitoring,
  }),
  setAddressMonitoring: operation({
    id: 'setAddressMonitoring',
    summary: 'Find calls from new addresses in an environment, or stop that',
    method: 'PUT',
    path: addressMonitoringPath,
    access: 'admin',
    params: EnvironmentParams,
    body: AddressMonitoringChange,
    reply: AddressMonitoring,
    changes: 'getAddressMonitoring',
  }),
}
