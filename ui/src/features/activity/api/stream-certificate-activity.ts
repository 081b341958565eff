import { StreamEvent, streamEventTypes } from '../../../../../src/contract/events/stream-event.ts'
import type { Sent } from '../../../../../src/contract/operation.ts'
import { operations } from '../../../../../src/contract/operations.ts'
import { buildUrl } from '../../../lib/build-url.ts'
import { type Connection, useEventStream } from '../../../lib/use-event-stream.ts'

type Params = Sent<typeof operations.streamCertificateActivity>['params']

/** Subscribes to the gateway events of a certificate while the component is mounted. */
export function useCertificateStream(
  { organization, certificateId }: Params,
  onEvent: (event: StreamEvent) => void,
  { enabled = true }: { enabled?: boolean } = {},
): Connection {
  return useEventStream({
    address: enabled
      ? buildUrl(operations.streamCertificateActivity, { organization, certificateId })
      : undefined,
    types: streamEventTypes,
    onData: (data) => {
      const event = StreamEvent.safeParse(data)
      if (event.success) onEvent(event.data)
    },
  })
}
