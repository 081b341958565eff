import { NativeSelect, Radio, Stack, Textarea, TextInput } from '@mantine/core'
import type { ContractForm } from '../../../lib/use-contract-form.ts'
import { useWorkspace } from '../../../lib/workspace.tsx'
import type { AuthenticationInput } from './authentication-input.ts'

const kinds = [
  { value: 'subject_dn', label: 'Subject' },
  { value: 'san_uri', label: 'URI' },
  { value: 'san_dns', label: 'DNS name' },
  { value: 'san_ip', label: 'IP address' },
  { value: 'san_email', label: 'Email address' },
] as const

/** Selects how a new client authenticates at the token endpoint. FAPI 2.0 has no secrets. */
export function AuthenticationChoice({ values, bind }: ContractForm<AuthenticationInput>) {
  const { environment } = useWorkspace()
  return (
    <Stack gap="sm">
      <Radio.Group
        label="Authentication"
        description={
          environment.profile === 'fapi2'
            ? 'This environment follows FAPI 2.0, which does not allow client secrets.'
            : 'Each method also requires the client certificate.'
        }
        {...bind('method')}
      >
        <Stack gap="xs" mt="xs">
          {environment.profile !== 'fapi2' && <Radio value="secret" label="Client secret" />}
          <Radio
            value="keys"
            label="Public keys"
            description="The client signs an assertion with its private key (private_key_jwt)."
          />
          <Radio
            value="certificate"
            label="Client certificate only"
            description="One value of the certificate identifies the client (tls_client_auth)."
          />
        </Stack>
      </Radio.Group>
      {values.method === 'keys' && (
        <Textarea
          label="Public keys"
          description="A JWK Set, a JWK or a public key in PEM: EC P-256, RSA from 2048 bits or Ed25519. Never a private key."
          autosize
          minRows={4}
          maxRows={12}
          {...bind('keys')}
        />
      )}
      {values.method === 'certificate' && (
        <>
          <NativeSelect
            label="Certificate value"
            description="Certificates that Postern issues have a subject and one URI."
            data={[...kinds]}
            {...bind('kind')}
          />
          <TextInput label="Value" maxLength={1000} {...bind('value')} />
        </>
      )}
    </Stack>
  )
}
