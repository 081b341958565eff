import { expect, test } from 'vitest'
import { writeSignalEmail } from './signal-emails.ts'
import { toSignalView } from './signal-views.ts'

const day = 86_400_000
const now = Date.parse('2027-03-01T08:00:00Z')
const place = {
  ...{ organizationId: 'org_1', slug: 'acme', portalUrl: 'https://portal.example', now },
  label: () => 'Production',
}
const signals = { unusedDays: 45, replacementDays: 1, secretDays: 100, keyKindDays: 30 }
const stored = {
  ...{ id: 'sig_1', environment: 'production', detail: '', firstSeenAt: now, lastSeenAt: now },
  ...{ resolvedAt: null, dismissedAt: null, dismissedBy: null, dismissedByRef: null, revokedAt: null },
  ...{ lastDeniedAt: null, lastUsedAt: now - 50 * day, issuedAt: now - 50 * day },
  secretCreatedAt: now - 200 * day,
  certificate: { id: 'cert_1', name: 'acme-0001', description: '' },
  replaced: { id: 'cert_0', name: 'acme-0000', description: '' },
  credential: { id: 'cred_1', name: 'Nightly', clientId: 'c' },
}

test('an email about a signal names the days that the environment is configured with', () => {
  const bodyOf = (kind: 'certificate_unused' | 'replacement_unused' | 'secret_old', isConfigured = true) => {
    const view = toSignalView(
      { ...stored, kind } as never,
      isConfigured ? { allowedKeysUntil: {}, signals } : undefined,
    )
    return writeSignalEmail(place, { email: 'a@acme.example', role: 'admin' }, [view]).body
  }
  expect(bodyOf('certificate_unused')).toContain('You are told after 45 days without a call.')
  expect(bodyOf('replacement_unused')).toContain('You are told 1 day after the issue.')
  expect(bodyOf('secret_old')).toContain('You are told of secrets that are older than 100 days.')
  expect(bodyOf('secret_old', false)).not.toContain('You are told of secrets')
})
