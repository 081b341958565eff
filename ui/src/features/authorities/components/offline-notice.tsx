import type { AuthorityView } from '../../../../../src/contract/authority.ts'
import { Notice } from '../../../components/ui/notice.tsx'
import { getDay } from '../../../lib/relative-time.ts'

const warnMs = 30 * 86_400_000

/** Shows what an offline root CA requires of operators, who alone can renew its CRL. */
export function OfflineNotice({ list }: { list: AuthorityView['revocationList'] }) {
  const ends = list === null ? 0 : Date.parse(list.nextUpdate)
  const left = ends - Date.now()
  return (
    <Notice
      tone={left < 0 ? 'bad' : left < warnMs ? 'warn' : 'info'}
      title={
        left < 0
          ? 'The revocation list of the root has ended'
          : `The root is offline; renew its revocation list before ${getDay(new Date(ends))}`
      }
    >
      <p>
        Bring the key back with <code>postern root import FILE</code>, make a new issuing CA if one is due,
        and take it away with <code>postern root remove FILE</code>, which signs a new list.
      </p>
    </Notice>
  )
}
