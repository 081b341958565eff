import type { MemberRole } from '../../../src/contract/roles.ts'

/** The label of each role. */
export const roleLabels: Readonly<Record<MemberRole, string>> = {
  viewer: 'Viewer',
  developer: 'Developer',
  admin: 'Admin',
}

/** What each role may do, strongest first, for a choice. */
export const roleChoices = [
  { value: 'admin', label: 'Admin', description: 'Manages members, and all that a developer does.' },
  { value: 'developer', label: 'Developer', description: 'Manages certificates and API credentials.' },
  { value: 'viewer', label: 'Viewer', description: 'Sees everything except secrets, and changes nothing.' },
] as const satisfies { value: MemberRole; label: string; description: string }[]
