import { Button, NumberInput } from '@mantine/core'
import { useState } from 'react'
import {
  OrganizationLimits,
  type OrganizationLimitsView,
  type OrganizationUse,
} from '../../../../../src/contract/organization.ts'
import { DescriptionItem, DescriptionList } from '../../../components/ui/description-list.tsx'
import { Dialog } from '../../../components/ui/dialog.tsx'
import { DialogForm } from '../../../components/ui/dialog-form.tsx'
import { Panel } from '../../../components/ui/panel.tsx'
import { countText } from '../../../lib/count-text.ts'
import { useContractForm } from '../../../lib/use-contract-form.ts'
import { useSetLimits } from '../api/change-organization.ts'

interface LimitsProps {
  slug: string
  limits: OrganizationLimitsView
}

/** Shows what an organization has and may have; operators change its limits. */
export function LimitsPanel({
  use,
  mayChange,
  ...given
}: LimitsProps & { use: OrganizationUse; mayChange: boolean }) {
  const [isEditing, setEditing] = useState(false)
  const close = () => setEditing(false)
  const { limits } = given
  const edit = (
    <Button variant="default" size="xs" onClick={() => setEditing(true)}>
      Change limits
    </Button>
  )
  return (
    <Panel title="Use and limits" actions={mayChange && edit}>
      <DescriptionList columns={2}>
        <DescriptionItem label="Certificates">{number(use.certificateCount)} of every status</DescriptionItem>
        {use.ownerGoneCount > 0 && (
          <DescriptionItem label="Certificates whose owner is gone">
            {number(use.ownerGoneCount)}
          </DescriptionItem>
        )}
        <DescriptionItem label="API credentials">
          {number(use.credentialCount)} of {most(limits.maxCredentials, limits.defaults.maxCredentials)}
        </DescriptionItem>
        <DescriptionItem label="Members and open invitations">
          {countText(use.memberCount, 'member', 'members')}, at most{' '}
          {most(limits.maxPeople, limits.defaults.maxPeople)}
        </DescriptionItem>
        <DescriptionItem label="Emails per hour">
          {most(limits.emailsPerHour, limits.defaults.emailsPerHour)}
        </DescriptionItem>
        {joinDefaults(limits).map(({ environment, own, standard }) => (
          <DescriptionItem key={environment} label={`Valid certificates in ${environment}`}>
            {most(own.maxCertificates, standard.maxCertificates)}, and{' '}
            {most(own.certificatesPerHour, standard.certificatesPerHour)} new ones per hour
          </DescriptionItem>
        ))}
      </DescriptionList>
      <Dialog opened={isEditing} onClose={close} title="Change limits">
        <LimitsForm {...given} onClose={close} />
      </Dialog>
    </Panel>
  )
}

const number = (count: number) => count.toLocaleString('en')
const most = (own: number | null, standard: number) =>
  own === null ? `${number(standard)} (default)` : number(own)

function joinDefaults({ environments, defaults }: OrganizationLimitsView) {
  const byName = new Map(environments.map((one) => [one.environment, one]))
  return defaults.environments.map((standard) => ({
    environment: standard.environment,
    own: byName.get(standard.environment) ?? { maxCertificates: null, certificatesPerHour: null },
    standard,
  }))
}

function LimitsForm({ slug, limits, onClose }: LimitsProps & { onClose: () => void }) {
  const [edited] = useState(limits)
  const set = useSetLimits(slug, edited)
  const rows = joinDefaults(edited)
  const { bind, submit } = useContractForm({
    schema: OrganizationLimits,
    start: toFields(edited),
    toBody: (typed) => toLimits(typed, rows),
    error: set.error,
  })
  const field = (name: string, label: string, standard: number) => (
    <NumberInput
      key={name}
      label={label}
      placeholder={`${number(standard)} (default)`}
      min={0}
      max={1_000_000}
      allowDecimal={false}
      {...bind(name)}
    />
  )
  const { defaults } = edited
  return (
    <DialogForm
      action="Save limits"
      busy="Saving…"
      keep="Cancel"
      failure="The limits were not saved"
      call={set}
      onSubmit={submit((body) => set.mutate(body, { onSuccess: onClose }))}
      onClose={onClose}
    >
      <p>An empty field is the default. A lower limit takes nothing away: it prevents more.</p>
      {rows.flatMap(({ environment, standard }) => [
        field(`${environment} most`, `Valid certificates in ${environment}`, standard.maxCertificates),
        field(
          `${environment} hourly`,
          `New certificates per hour in ${environment}`,
          standard.certificatesPerHour,
        ),
      ])}
      {field('maxCredentials', 'API credentials', defaults.maxCredentials)}
      {field('emailsPerHour', 'Emails per hour', defaults.emailsPerHour)}
      {field('maxPeople', 'Members and open invitations', defaults.maxPeople)}
    </DialogForm>
  )
}

/** What the fields hold: a number, or an empty text for the default. */
type Fields = Record<string, number | ''>

const toFields = (limits: OrganizationLimitsView): Fields => ({
  ...Object.fromEntries(
    joinDefaults(limits).flatMap(({ environment, own }) => [
      [`${environment} most`, own.maxCertificates ?? ''],
      [`${environment} hourly`, own.certificatesPerHour ?? ''],
    ]),
  ),
  maxCredentials: limits.maxCredentials ?? '',
  emailsPerHour: limits.emailsPerHour ?? '',
  maxPeople: limits.maxPeople ?? '',
})

const readNumber = (typed: number | '' | undefined): number | null =>
  typed === '' || typed === undefined ? null : typed

const toLimits = (typed: Fields, rows: ReturnType<typeof joinDefaults>): OrganizationLimits => ({
  environments: rows.map(({ environment }) => ({
    environment,
    maxCertificates: readNumber(typed[`${environment} most`]),
    certificatesPerHour: readNumber(typed[`${environment} hourly`]),
  })),
  maxCredentials: readNumber(typed.maxCredentials),
  emailsPerHour: readNumber(typed.emailsPerHour),
  maxPeople: readNumber(typed.maxPeople),
})
