import type { AuthorityUse } from '../../../../../src/contract/authority.ts'
import { Notice } from '../../../components/ui/notice.tsx'
import { getDay } from '../../../lib/relative-time.ts'

const warnMs = 30 * 86_400_000

/** Shows what an offline root CA requires of operators, who alone can renew its CRL. */
export function OfflineNotice({ list }: { list: AuthorityUse['revocationList'] }) {
  const ends = list === null ? 0 : Date.parse(list.nextUpdate)
  const left = ends - Date.now()
  return (
    <Notice
      tone={left < 0 ? 'bad' : left < warnMs ? 'warn' : 'info'}
      title={
        left < 0
          ? 'The CRL of the root has expired'
          : `The root is offline. Renew its CRL before ${getDay(new Date(ends))}`
      }
    >
      <p>
        Import the key with <code>postern root import FILE</code>, create a new issuing CA if one is due, and
        remove the key with <code>postern root remove FILE</code>, which signs a new CRL.
      </p>
    </Notice>
  )
}
