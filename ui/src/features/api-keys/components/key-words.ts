import type { ApiKeyRole } from '../../../../../src/contract/api-key.ts'

export const roleLabels: Readonly<Record<ApiKeyRole, string>> = {
  viewer: 'Viewer',
  developer: 'Developer',
  admin: 'Admin',
  operator: 'Operator',
  auditor: 'Auditor',
  provisioner: 'Provisioner (SCIM)',
}

/** Days until a key expires. */
export const lifetimes = [
  { value: '7', label: 'In 7 days' },
  { value: '30', label: 'In 30 days' },
  { value: '90', label: 'In 90 days' },
  { value: '365', label: 'In one year' },
]
