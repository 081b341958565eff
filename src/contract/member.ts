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

export const MemberChange = z.object({ role: z.enum(memberRoles) }).meta({ id: 'MemberChange' })
