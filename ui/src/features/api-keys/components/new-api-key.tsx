import { Button, Group, Stack } from '@mantine/core'
import { useState } from 'react'
import type { ApiKeyWithSecret } from '../../../../../src/contract/api-key.ts'
import { CommandBlock } from '../../../components/ui/command-block.tsx'
import { Notice } from '../../../components/ui/notice.tsx'
import { SecretValue } from '../../../components/ui/secret-value.tsx'
import { maskSecret } from '../../../lib/mask-secret.ts'

/** Shows the secret of an API key once, with an example request. */
export function NewApiKeySecret({ apiKey, onDone }: { apiKey: ApiKeyWithSecret; onDone: () => void }) {
  const [visible, setVisible] = useState(false)
  const { secret } = apiKey
  const command = `curl --header "Authorization: Bearer ${secret}" \\\n  ${window.location.origin}${pathFor(apiKey)}`
  return (
    <Stack gap="md">
      <Notice tone="warn" title="Copy the secret now">
        <p>The secret is shown only once. Store it in the secret store of the program that uses it.</p>
      </Notice>
      <SecretValue label="API key" value={secret} visible={visible} onVisible={setVisible} />
      <CommandBlock
        label="Example request"
        bar="An example request"
        text={command}
        shown={visible ? command : maskSecret(command, secret)}
      />
      <Group justify="flex-end">
        <Button onClick={onDone}>I have saved the secret</Button>
      </Group>
    </Stack>
  )
}

/** Returns a path that the key may read. */
function pathFor({ role, organization }: ApiKeyWithSecret): string {
  if (role === 'operator' || role === 'auditor') return '/api/v1/organizations'
  if (role === 'provisioner') return `/scim/v2/${organization ?? 'YOUR-ORGANIZATION'}/Users`
  return `/api/v1/organizations/${organization ?? 'YOUR-ORGANIZATION'}/certificates`
}
