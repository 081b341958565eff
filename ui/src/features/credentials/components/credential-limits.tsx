import { Button, Checkbox, Collapse, MultiSelect, Stack } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { IconChevronDown, IconChevronRight } from '@tabler/icons-react'
import { ListInput } from '../../../components/ui/list-input.tsx'
import type { BoundField, ContractForm } from '../../../lib/use-contract-form.ts'
import { useWorkspace } from '../../../lib/workspace.tsx'
import type { CredentialInput } from './credential-input.ts'
import { LimitChoice } from './limit-choice.tsx'

/** Selects the scopes to which credentials are limited. */
export function ScopeChoice(field: BoundField<string[] | null>) {
  const { value: chosen } = field
  const { environment } = useWorkspace()
  if (environment.scopes.length === 0 && chosen === null) return null
  const names = new Set(environment.scopes.map(({ name }) => name))
  // A scope that no longer exists in the environment remains visible, so that it is removed deliberately.
  const gone = chosen?.filter((name) => !names.has(name)) ?? []
  const options = [
    ...environment.scopes,
    ...gone.map((name) => ({ name, description: 'This environment no longer has this scope.' })),
  ]
  return (
    <LimitChoice
      label="Limit to scopes"
      description="Without a limit, the credentials have all scopes of the environment."
      {...field}
    >
      {(list) => (
        <Checkbox.Group label="Scopes" description="Select at least one." {...list}>
          <Stack gap="xs" mt="xs">
            {options.map(({ name, description }) => (
              <Checkbox key={name} value={name} label={name} description={description} />
            ))}
          </Stack>
        </Checkbox.Group>
      )}
    </LimitChoice>
  )
}

interface RestrictionsProps {
  form: ContractForm<CredentialInput>
  certificates: { id: string; name: string }[]
}

/** Selects the networks and certificates to which credentials are limited. */
export function Restrictions({ form, certificates }: RestrictionsProps) {
  const { networks, certificateIds } = form.values
  const isRestricted = networks !== null || certificateIds !== null
  const [opened, { toggle }] = useDisclosure(isRestricted)
  const Chevron = opened ? IconChevronDown : IconChevronRight
  return (
    <div>
      <Button
        variant="subtle"
        size="compact-sm"
        leftSection={<Chevron size={16} aria-hidden />}
        aria-expanded={opened}
        onClick={toggle}
      >
        Restrict use
      </Button>
      <Collapse expanded={opened} keepMounted={false}>
        <Stack gap="md" mt="sm">
          <LimitChoice
            label="Limit to networks"
            description="Without a limit, the credentials work from any address."
            {...form.bind('networks')}
          >
            {(list) => (
              <ListInput
                label="Networks"
                description="Address ranges in CIDR notation, separated by commas. At least one."
                placeholder="203.0.113.0/24"
                {...list}
              />
            )}
          </LimitChoice>
          <CertificateLimit field={form.bind('certificateIds')} certificates={certificates} />
        </Stack>
      </Collapse>
    </div>
  )
}

interface CertificateLimitProps {
  field: BoundField<string[] | null>
  certificates: { id: string; name: string }[]
}

function CertificateLimit({ field, certificates }: CertificateLimitProps) {
  const { value: certificateIds } = field
  if (certificates.length === 0 && certificateIds === null) return null
  const known = new Set(certificates.map(({ id }) => id))
  // A revoked or expired certificate remains in the list until it is removed.
  const gone = certificateIds?.filter((id) => !known.has(id)) ?? []
  const options = [
    ...certificates.map(({ id, name }) => ({ value: id, label: name })),
    ...gone.map((id) => ({ value: id, label: `${id} (not in the list of valid certificates)` })),
  ]
  return (
    <LimitChoice
      label="Limit to certificates"
      description="Without a limit, the credentials work with any certificate of the organization."
      {...field}
    >
      {(list) => (
        <MultiSelect
          label="Certificates"
          description="Select at least one."
          searchable
          data={options}
          {...list}
        />
      )}
    </LimitChoice>
  )
}
