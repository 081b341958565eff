import { z } from 'zod'
import { OrganizationParams, Timestamp } from './common.ts'
import { MemberId } from './ids.ts'
import { memberRoles } from './roles.ts'

export const MemberParams = OrganizationParams.extend({ memberId: MemberId })

export const MemberView = z
  .object({
    id: MemberId,
    email: z.string(),
    name: z.string(),
    role: z.enum(memberRoles),
    joinedAt: Timestamp,
  })
  .meta({ id: 'Member' })
export type MemberView = z.output<typeof MemberView>

/** A member in a list, with the use of the portal, which the member alone has not: that holds still meanwhile. */
export const ListedMember = MemberView.extend({
  lastSeenAt: Timestamp.nullable().meta({
    description:
      'When the user last used the portal, in any organization, to about five minutes; null before the first sign-in.',
  }),
}).meta({ id: 'ListedMember' })
export type ListedMember = z.output<typeof ListedMember>

export const MemberChange = z.object({ role: z.enum(memberRoles) }).meta({ id: 'MemberChange' })
