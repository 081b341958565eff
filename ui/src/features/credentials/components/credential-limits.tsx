import { Button, Checkbox, Collapse, MultiSelect, Stack } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { IconChevronDown, IconChevronRight } from '@tabler/icons-react'
import { ListInput } from '../../../components/ui/list-input.tsx'
import { usePlace } from '../../../lib/place.tsx'
import type { CredentialInput } from './credential-input.ts'
import { LimitChoice } from './limit-choice.tsx'

interface ScopeChoiceProps {
  chosen: string[] | null
  onChange: (scopes: string[] | null) => void
}

/** Which scopes credentials are limited to. */
export function ScopeChoice({ chosen, onChange }: ScopeChoiceProps) {
  const { environment } = usePlace()
  if (environment.scopes.length === 0 && chosen === null) return null
  const names = new Set(environment.scopes.map(({ name }) => name))
  // A scope that the environment has no longer can be taken out, and is not dropped unseen.
  const gone = chosen?.filter((name) => !names.has(name)) ?? []
  const options = [
    ...environment.scopes,
    ...gone.map((name) => ({ name, description: 'No longer a scope of this environment.' })),
  ]
  return (
    <LimitChoice
      label="Limit to scopes"
      description="Without a limit they have all scopes of the environment."
      value={chosen}
      onChange={onChange}
    >
      {(value) => (
        <Checkbox.Group
          label="Scopes"
          description="Choose at least one."
          value={value}
          onChange={(scopes) => onChange(scopes)}
        >
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
  input: CredentialInput
  certificates: { id: string; name: string }[]
  onChange: (part: Partial<CredentialInput>) => void
}

/** Which networks and certificates credentials are limited to. */
export function Restrictions({ input, certificates, onChange }: RestrictionsProps) {
  const isRestricted = input.networks !== null || input.certificateIds !== null
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
        Restrict where they may be used
      </Button>
      <Collapse expanded={opened} keepMounted={false}>
        <Stack gap="md" mt="sm">
          <LimitChoice
            label="Limit to networks"
            description="Without a limit any address may use them."
            value={input.networks}
            onChange={(networks) => onChange({ networks })}
          >
            {(value) => (
              <ListInput
                label="Networks"
                description="Ranges that may use them, separated by commas. At least one."
                placeholder="203.0.113.0/24"
                value={value}
                onChange={(networks) => onChange({ networks })}
              />
            )}
          </LimitChoice>
          <CertificateLimit input={input} certificates={certificates} onChange={onChange} />
        </Stack>
      </Collapse>
    </div>
  )
}

function CertificateLimit({ input: { certificateIds }, certificates, onChange }: RestrictionsProps) {
  if (certificates.length === 0 && certificateIds === null) return null
  const known = new Set(certificates.map(({ id }) => id))
  // A revoked or expired certificate stays in the list until it is taken out.
  const gone = certificateIds?.filter((id) => !known.has(id)) ?? []
  const options = [
    ...certificates.map(({ id, name }) => ({ value: id, label: name })),
    ...gone.map((id) => ({ value: id, label: `${id} (not in the list of valid certificates)` })),
  ]
  return (
    <LimitChoice
      label="Limit to certificates"
      description="Without a limit any certificate of the organization may use them."
      value={certificateIds}
      onChange={(ids) => onChange({ certificateIds: ids })}
    >
      {(value) => (
        <MultiSelect
          label="Certificates"
          description="Choose at least one."
          searchable
          data={options}
          value={value}
          onChange={(ids) => onChange({ certificateIds: ids })}
        />
      )}
    </LimitChoice>
  )
}
