import { useQuery } from '@tanstack/react-query'
import { keyKindNames } from '../../../../src/contract/enum-names.ts'
import type { EnvironmentView } from '../../../../src/contract/environment.ts'
import { keyKinds } from '../../../../src/kits/openssl-command.ts'
import type { NewKeyKind } from '../../../../src/pki/request/create-key-and-request.ts'

/** A kind of key that this browser makes and the environment accepts. */
export interface CreatableKind {
  id: (typeof keyKinds)[number]['id']
  label: string
  kind: NewKeyKind
}

/** Returns the kinds of keys that this browser can make for an environment, in the order of the choice. */
export function useCreatableKinds({ allowedKeys }: EnvironmentView): CreatableKind[] | undefined {
  const kinds = keyKinds
    .filter(({ id }) => allowedKeys.includes(id))
    .map(({ id, label }) => ({ id, label, kind: keyKindNames.toStored(id) as NewKeyKind }))
  const { data } = useQuery({
    queryKey: ['creatable-keys', ...kinds.map(({ id }) => id)],
    queryFn: async () => {
      const { canCreateKey } = await import('../../../../src/pki/request/create-key-and-request.ts')
      const able = await Promise.all(kinds.map(({ kind }) => canCreateKey(kind)))
      return kinds.filter((_, index) => able[index])
    },
    staleTime: Number.POSITIVE_INFINITY,
  })
  return data
}
