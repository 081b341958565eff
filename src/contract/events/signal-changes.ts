import { z } from 'zod'
import { defineChanges, nothing, text } from './change-type.ts'

const Dismissal = z.object({ signalId: text, kind: text })
const Monitoring = z.object({ environment: text, enabled: z.boolean() })

/** The changes of signals; they are about the certificate or the credentials of the signal. */
export const signalChanges = defineChanges({
  'signal.dismissed': {
    description: 'A user dismissed a signal: nobody is told of it again.',
    recordedAs: 'signal.dismissed',
    before: nothing,
    after: Dismissal,
  },
  'signal.undismissed': {
    description: 'A user took the dismissal of a signal back.',
    recordedAs: 'signal.undismissed',
    before: nothing,
    after: Dismissal,
  },
  'signal.address_monitoring_changed': {
    description: 'An admin decided whether calls from new addresses are found in an environment.',
    recordedAs: 'signal.address_monitoring_changed',
    before: Monitoring,
    after: Monitoring,
  },
})
