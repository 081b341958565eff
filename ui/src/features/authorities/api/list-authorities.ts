import { queryOptions } from '@tanstack/react-query'
import type { AuthorityUse, AuthorityView } from '../../../../../src/contract/authority.ts'
import { operations } from '../../../../../src/contract/operations.ts'
import { call } from '../../../lib/call.ts'

/** A CA with its use. */
export type AuthorityRow = AuthorityView & Omit<AuthorityUse, 'issuerId'>

/** The query for root, issuing and external CAs, and who has certificates of them. */
export const authoritiesQuery = queryOptions({
  queryKey: ['authorities'],
  async queryFn({ signal }): Promise<AuthorityRow[]> {
    const [authorities, use] = await Promise.all([
      call(operations.listCertificateAuthorities, { signal }),
      call(operations.listCertificateAuthorityUse, { signal }),
    ])
    return authorities.items.map((authority) => toRow(authority, use.items))
  },
})

function toRow(authority: AuthorityView, used: readonly AuthorityUse[]): AuthorityRow {
  const { issuerId: _, ...use } = used.find(({ issuerId }) => issuerId === authority.id) ?? unused
  return { ...authority, ...use }
}

/** A CA that was created between the two answers. */
const unused: AuthorityUse = {
  issuerId: '',
  validCertificates: 0,
  revokedCertificates: 0,
  organizations: [],
  revocationList: null,
}
