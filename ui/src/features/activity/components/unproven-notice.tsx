import { Notice } from '../../../components/ui/notice.tsx'

/** Explains that a client did not prove its identity. */
export function UnprovenNotice() {
  return (
    <Notice tone="warn" title="Unproven">
      <p>
        The client only named the organization, by the serial number of a certificate or by a client ID. It
        did not prove that it has the private key, the client secret or an access token, so that anybody may
        have sent it.
      </p>
    </Notice>
  )
}
