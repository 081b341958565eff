import { useQuery } from '@tanstack/react-query'
import { Notice } from '../../components/ui/notice.tsx'
import { Page } from '../../components/ui/page.tsx'
import { signInMethodsQuery } from '../../features/session/api/sign-in-methods.ts'
import { PasskeysPanel } from '../../features/session/components/passkeys-panel.tsx'
import { RecoveryCodesPanel } from '../../features/session/components/recovery-codes-panel.tsx'
import { TotpPanel } from '../../features/session/components/totp-panel.tsx'

/** Shows how the user signs in: passkeys, authenticator app and recovery codes. */
export function SignInMethodsPage() {
  const { data } = useQuery(signInMethodsQuery)
  const hasFactor = data !== undefined && (data.passkeyCount > 0 || data.totpSetUpAt !== null)
  return (
    <Page title="Sign-in methods" description="What you sign in with, beside your password." width="narrow">
      {data?.isDemanded && !hasFactor && (
        <Notice tone="warn" title="A second factor is required">
          <p>
            An organization of yours, or the provider, demands a second factor. Add a passkey or set up an
            authenticator app.
          </p>
        </Notice>
      )}
      {hasFactor && data.recoveryCodesLeft === 0 && (
        <Notice tone="warn" title="You have no recovery codes">
          <p>If you lose your device, you cannot sign in. Make recovery codes.</p>
        </Notice>
      )}
      <PasskeysPanel />
      <TotpPanel />
      <RecoveryCodesPanel />
    </Page>
  )
}
