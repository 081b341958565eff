import { formatCount } from '../../../../../src/contract/format-count.ts'
import type { RotationView } from '../../../../../src/contract/rotation.ts'
import { type Column, DataTable } from '../../../components/ui/data-table.tsx'
import { Moment } from '../../../components/ui/moment.tsx'
import { Panel } from '../../../components/ui/panel.tsx'
import { exactTime } from '../../../lib/relative-time.ts'

type Address = RotationView['clientAddresses'][number]
type Credential = RotationView['credentials'][number]

const addressColumns: Column<Address>[] = [
  { label: 'Client address', cell: ({ address }) => (address === 'other' ? 'Other addresses' : address) },
  { label: 'Last seen', cell: ({ lastAt }) => <Moment at={lastAt} /> },
]

/** Shows what still uses the old certificate: addresses, API credentials, and the tokens that are bound to it. */
export function RemainingUse({ rotation }: { rotation: RotationView }) {
  const { old, new: next, clientAddresses, credentials, boundTokens, silenceHours } = rotation
  return (
    <>
      <Panel
        title={`Who still uses ${old.name}`}
        description={`Client addresses of the last ${silenceHours} hours.`}
        flush={clientAddresses.length > 0}
      >
        {clientAddresses.length === 0 ? (
          <p>Nobody: no connection and no call came with it.</p>
        ) : (
          <DataTable
            label="Client addresses"
            columns={addressColumns}
            rows={clientAddresses}
            keyOf={({ address }) => address}
          />
        )}
      </Panel>
      <Panel
        title="API credentials and tokens"
        description={describeTokens(boundTokens, old.name)}
        flush={credentials.length > 0}
      >
        {credentials.length === 0 ? (
          <p>{`No API credentials are left on ${old.name}.`}</p>
        ) : (
          <DataTable
            label="API credentials"
            columns={credentialColumns(next?.name)}
            rows={credentials}
            keyOf={({ id }) => id}
          />
        )}
      </Panel>
    </>
  )
}

const describeTokens = ({ atMost, validUntil }: RotationView['boundTokens'], name: string): string =>
  atMost === 0 || validUntil === null
    ? `No valid access token is bound to ${name}.`
    : `Up to ${formatCount(atMost, 'access token')} ${atMost === 1 ? 'is' : 'are'} bound to ${name}, the last until ${exactTime(new Date(validUntil))}. Fetch new ones with the replacement: a token works only with the certificate that it was fetched with.`

const credentialColumns = (next: string | undefined): Column<Credential>[] => [
  { label: 'API credentials', cell: ({ name, clientId }) => name || clientId },
  { label: 'Last seen', cell: ({ lastUsedAt }) => <Moment at={lastUsedAt} /> },
  {
    label: 'Bound token',
    cell: ({ tokenValidUntil }) => (tokenValidUntil === null ? 'None' : <Moment at={tokenValidUntil} />),
  },
  {
    label: 'Token of the replacement',
    cell: ({ hasNewToken }) =>
      hasNewToken ? 'Fetched' : `Not fetched yet${next === undefined ? '' : ` with ${next}`}`,
  },
]
