import { useQueryClient } from '@tanstack/react-query'
import type { CredentialView } from '../../../../../src/contract/credential.ts'
import type { Sent } from '../../../../../src/contract/operation.ts'
import { operations } from '../../../../../src/contract/operations.ts'
import { call } from '../../../lib/call.ts'
import { nameForm } from '../../../lib/kept-input.ts'
import { useEdit } from '../../../lib/use-edit.ts'
import { useWorkspace } from '../../../lib/workspace.tsx'

type Change = Sent<typeof operations.updateCredential>['body']

/** Changes name, description, scopes and restrictions; `toFields` selects what the form holds. */
export function useCredentialEdit(start: CredentialView, toFields: (credential: CredentialView) => object) {
  const { params: workspace } = useWorkspace()
  const queries = useQueryClient()
  const params = { organization: workspace.organization, credentialId: start.id }
  const edit = useEdit({
    start,
    toFields,
    read: () => call(operations.getCredential, { params }),
    async send(body: Change, edited) {
      const credential = await call(operations.updateCredential, { params, body, edited })
      void queries.invalidateQueries({ queryKey: ['credentials'] })
      return credential
    },
  })
  return { ...edit, form: nameForm(operations.updateCredential, params) }
}
