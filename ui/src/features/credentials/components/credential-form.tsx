import { TextInput } from '@mantine/core'
import type { ReactNode, SubmitEventHandler } from 'react'
import { DialogForm } from '../../../components/ui/dialog-form.tsx'
import type { ContractForm } from '../../../lib/use-contract-form.ts'
import type { CredentialInput } from './credential-input.ts'
import { Restrictions, ScopeChoice } from './credential-limits.tsx'

interface CredentialFormProps {
  form: ContractForm<CredentialInput>
  words: { action: string; busy: string; failure: string }
  /** The certificates to which the credentials can be restricted. */
  certificates: { id: string; name: string }[]
  isReady: boolean
  call: { error: unknown; isPending: boolean }
  onSubmit: SubmitEventHandler<HTMLFormElement>
  onCancel: () => void
  /** Further fields. */
  children?: ReactNode
}

/** Shows the form for name and permissions of API credentials. */
export function CredentialForm(props: CredentialFormProps) {
  const { form, words, certificates, isReady, call, onSubmit, onCancel, children } = props
  return (
    <DialogForm {...words} keep="Cancel" isReady={isReady} call={call} onSubmit={onSubmit} onClose={onCancel}>
      <TextInput
        label="Name"
        description="The service that uses the credentials, for example settlement-worker."
        data-autofocus
        maxLength={100}
        {...form.bind('name')}
      />
      <TextInput label="Description" maxLength={500} {...form.bind('description')} />
      {children}
      <ScopeChoice {...form.bind('scopes')} />
      <Restrictions form={form} certificates={certificates} />
    </DialogForm>
  )
}
