import { Button, Group, Stack } from '@mantine/core'
import { useState } from 'react'
import { CommandBlock } from '../../../components/ui/command-block.tsx'
import { Notice } from '../../../components/ui/notice.tsx'
import { SecretValue } from '../../../components/ui/secret-value.tsx'

const snippet = `import { Webhook } from 'standardwebhooks'

const webhook = new Webhook(process.env.POSTERN_WEBHOOK_SECRET)
// body: the request body as text, before JSON.parse
const event = webhook.verify(body, request.headers)`

/** Shows the secret of a webhook once, with how to verify a request. */
export function NewWebhookSecret({ secret, onDone }: { secret: string; onDone: () => void }) {
  const [visible, setVisible] = useState(false)
  return (
    <Stack gap="md">
      <Notice tone="warn" title="Copy the secret now">
        <p>
          The secret is shown only once. Your endpoint verifies with it that a request comes from here. Store
          it in the secret store of the endpoint.
        </p>
      </Notice>
      <SecretValue label="Webhook secret" value={secret} visible={visible} onVisible={setVisible} />
      <CommandBlock
        label="How to verify a request in Node.js"
        bar="Verify a request in Node.js (npm install standardwebhooks)"
        text={snippet}
      />
      <Group justify="flex-end">
        <Button onClick={onDone}>I have saved the secret</Button>
      </Group>
    </Stack>
  )
}
