import {
  Button,
  Checkbox,
  Group,
  NativeSelect,
  PasswordInput,
  Stack,
  Textarea,
  TextInput,
} from '@mantine/core'
import { memberRoles } from '../../../../../src/contract/roles.ts'
import { NewSingleSignOn, type SingleSignOnView } from '../../../../../src/contract/single-sign-on.ts'
import { ErrorNotice } from '../../../components/ui/error-notice.tsx'
import { ListInput } from '../../../components/ui/list-input.tsx'
import { Panel } from '../../../components/ui/panel.tsx'
import { useContractForm } from '../../../lib/use-contract-form.ts'
import { useSetSingleSignOn } from '../api/single-sign-on.ts'
import {
  findRoleLineProblem,
  type SingleSignOnInput,
  toSingleSignOn,
  toSingleSignOnInput,
} from '../single-sign-on-input.ts'

const fields = { roles: 'roleLines' }
const roleChoices = [
  { value: '', label: 'No access' },
  ...memberRoles.map((role) => ({ value: role, label: role })),
]

type Bind = ReturnType<typeof useContractForm<SingleSignOnInput, typeof NewSingleSignOn>>['bind']

/** Edits the OpenID provider, the domains and the roles of an organization. */
export function SingleSignOnForm(props: { organization: string; found: SingleSignOnView }) {
  const { organization, found } = props
  const set = useSetSingleSignOn(organization, found)
  const { bind, submit, change, values } = useContractForm({
    schema: NewSingleSignOn,
    start: toSingleSignOnInput(found.settings),
    toBody: toSingleSignOn,
    fields,
    check: ({ roleLines }) => ({ roleLines: findRoleLineProblem(roleLines) }),
    error: set.error,
  })
  return (
    <form onSubmit={submit((body) => set.mutate(body, { onSuccess: () => change({ clientSecret: '' }) }))}>
      <Stack gap="md">
        <Panel title="OpenID provider">
          <ProviderFields bind={bind} hasSecret={found.settings !== null} />
        </Panel>
        <Panel title="Roles">
          <RoleFields bind={bind} />
        </Panel>
        <Panel title="Second factor">
          <ListInput
            label="Values that state a second factor"
            description="A sign-in counts as one with a second factor here if amr or acr of the ID token has one of these, for example mfa. Empty: it never does."
            {...bind('secondFactorValues')}
          />
        </Panel>
        <Panel title="Passwords">
          <Stack gap="md">
            <Checkbox
              label="Require single sign-on"
              description="Members with an address of a proven domain cannot sign in with a password or a passkey."
              checked={values.required}
              onChange={(event) => change({ required: event.currentTarget.checked })}
            />
            <ListInput
              label="Admins who can always use their password"
              description="Email addresses. At least one if single sign-on is required, in case the provider fails."
              {...bind('passwordAdmins')}
            />
          </Stack>
        </Panel>
        {set.error !== null && <ErrorNotice error={set.error} title="The settings were not saved" />}
        <Group>
          <Button type="submit" disabled={set.isPending}>
            {set.isPending ? 'Saving…' : 'Save single sign-on'}
          </Button>
        </Group>
      </Stack>
    </form>
  )
}

function ProviderFields({ bind, hasSecret }: { bind: Bind; hasSecret: boolean }) {
  return (
    <Stack gap="md">
      <TextInput
        label="Issuer"
        description="Exactly as the provider names it, for example https://login.acme.example"
        inputMode="url"
        autoComplete="off"
        {...bind('issuer')}
      />
      <TextInput label="Client ID" autoComplete="off" {...bind('clientId')} />
      <PasswordInput
        label="Client secret"
        description={
          hasSecret
            ? 'Leave it empty to keep the present one. A new issuer or client ID needs it again.'
            : 'It is stored encrypted and never shown again.'
        }
        autoComplete="off"
        {...bind('clientSecret')}
      />
      <ListInput
        label="Domains"
        description="The part of your email addresses after the @, separated by commas."
        {...bind('domains')}
      />
    </Stack>
  )
}

function RoleFields({ bind }: { bind: Bind }) {
  return (
    <Stack gap="md">
      <TextInput
        label="Role claim"
        description="The claim with the groups of a user, for example groups. Empty: members keep the role that an admin gave them."
        autoComplete="off"
        {...bind('roleClaim')}
      />
      <Textarea
        label="Roles by value"
        description="One line each, for example payments-team = developer"
        autosize
        minRows={2}
        maxRows={12}
        {...bind('roleLines')}
      />
      <NativeSelect
        label="Default role"
        description="Without a matching value, and for new users."
        data={roleChoices}
        {...bind('defaultRole')}
      />
    </Stack>
  )
}
