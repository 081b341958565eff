import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query'
import { operations } from '../../../../../src/contract/operations.ts'
import type { PasskeyItem } from '../../../../../src/contract/passkey.ts'
import { call } from '../../../lib/call.ts'
import { createPasskey } from '../passkey-dialog.ts'

const key = ['sign-in-methods']

export const signInMethodsQuery = queryOptions({
  queryKey: key,
  queryFn: ({ signal }) => call(operations.getSignInMethods, { signal }),
})

export const passkeysQuery = queryOptions({
  queryKey: [...key, 'passkeys'],
  queryFn: async ({ signal }) => (await call(operations.listPasskeys, { signal })).items,
})

/** A change of the user's own factors, after which they and the session are read again. */
function useFactorChange<Given, Result>(change: (given: Given) => Promise<Result>) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: change,
    gcTime: 0,
    onSuccess: () =>
      Promise.all([
        queries.invalidateQueries({ queryKey: key }),
        queries.invalidateQueries({ queryKey: ['session'] }),
      ]),
  })
}

export const useAddPasskey = () =>
  useFactorChange(async (name: string) => {
    const options = await call(operations.beginPasskeyRegistration, { form: false })
    const response = await createPasskey(options)
    return call(operations.registerPasskey, { body: { name, response }, form: false })
  })

export const useRenamePasskey = ({ id }: PasskeyItem) =>
  useFactorChange((name: string) =>
    call(operations.renamePasskey, { params: { passkeyId: id }, body: { name } }),
  )

export const useDeletePasskey = ({ id, name }: PasskeyItem) =>
  useFactorChange(() => call(operations.deletePasskey, { params: { passkeyId: id }, about: name }))

export const useBeginTotp = () => useFactorChange(() => call(operations.beginTotpSetUp, { form: false }))

export const useConfirmTotp = () =>
  useFactorChange((code: string) => call(operations.confirmTotp, { body: { code }, form: false }))

export const useDeleteTotp = () => useFactorChange(() => call(operations.deleteTotp, {}))

export const useCreateRecoveryCodes = () =>
  useFactorChange(() => call(operations.createRecoveryCodes, { form: false }))
