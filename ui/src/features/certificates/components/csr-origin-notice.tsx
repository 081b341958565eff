import { Button } from '@mantine/core'
import { TextLink } from '../../../components/ui/links.tsx'
import { Notice } from '../../../components/ui/notice.tsx'
import { useWorkspace } from '../../../lib/workspace.tsx'

/** Says that a CSR was made for another certificate, and leads to it. */
export function OtherDraftNotice({ name, other, onUse }: { name: string; other: string; onUse: () => void }) {
  const { params } = useWorkspace()
  return (
    <Notice
      tone="warn"
      announced
      title={`This CSR was created for ${other}`}
      actions={
        <Button size="xs" variant="default" onClick={onUse}>
          {`Use this CSR for ${name}`}
        </Button>
      }
    >
      <p>
        {`You are about to submit it for ${name}. Choose ${name}.csr, or `}
        <TextLink to="/o/$organization/$environment/certificates" params={params} search={{ text: other }}>
          {`find ${other}`}
        </TextLink>
        {' and submit it there.'}
      </p>
    </Notice>
  )
}

/** Says that a certificate of the organization has the key of a CSR already. */
export function UsedKeyNotice({ owner }: { owner: { id: string; name: string; environment: string } }) {
  const { params, environments } = useWorkspace()
  const label = environments.find(({ name }) => name === owner.environment)?.label ?? owner.environment
  return (
    <Notice tone="bad" announced title={`The key of this CSR belongs to ${owner.name}`}>
      <p>
        Each certificate needs a key of its own.{' '}
        <TextLink
          to="/o/$organization/$environment/certificates/$certificateId"
          params={{ ...params, environment: owner.environment, certificateId: owner.id }}
        >
          {owner.name}
        </TextLink>
        {` in ${label} uses this key. Go back to the previous step, create a new key and choose its CSR.`}
      </p>
    </Notice>
  )
}
