import { IconMapOff } from '@tabler/icons-react'
import { type ErrorComponentProps, useRouter } from '@tanstack/react-router'
import { type ReactNode, use } from 'react'
import { EmptyState } from '../components/ui/empty-state.tsx'
import { ErrorNotice } from '../components/ui/error-notice.tsx'
import { ButtonLink } from '../components/ui/links.tsx'
import { Notice } from '../components/ui/notice.tsx'
import { Page } from '../components/ui/page.tsx'
import { Panel } from '../components/ui/panel.tsx'
import { isDenial } from '../lib/api-error.ts'
import { FramedContext } from './frame/framed-context.ts'
import { OtherSignInNotice } from './other-sign-in.tsx'

/** Shows the landmark for a page without a frame. */
function ProblemLayout({ children }: { children: ReactNode }) {
  return use(FramedContext) ? children : <main>{children}</main>
}

/** Shows an error for an unknown path, or one that the user may not see. */
export function NotFoundPage() {
  return (
    <ProblemLayout>
      <Page title="Page not found" width="narrow">
        <Panel>
          <EmptyState
            icon={<IconMapOff size={24} />}
            title="No page at this address"
            action={<ButtonLink to="/">Go to overview</ButtonLink>}
          >
            <p>The link may be wrong, the item may have been deleted, or you may not have access.</p>
          </EmptyState>
        </Panel>
      </Page>
    </ProblemLayout>
  )
}

/** Shows an error if a page failed to render. */
export function PageError({ error, reset }: ErrorComponentProps) {
  const router = useRouter()
  if (isDenial(error, 'not_found')) return <NotFoundPage />
  if (isDenial(error, 'second_factor_needed'))
    return (
      <ProblemLayout>
        <Page title="A second factor is required" width="narrow">
          <Notice
            tone="warn"
            title="Your session began without a second factor"
            actions={<ButtonLink to="/account/sign-in">Go to sign-in methods</ButtonLink>}
          >
            <p>{error.message}</p>
          </Notice>
        </Page>
      </ProblemLayout>
    )
  if (isDenial(error, 'other_sign_in_needed'))
    return (
      <ProblemLayout>
        <Page title="Another sign-in is needed" width="narrow">
          <OtherSignInNotice title="This organization is not part of your session">
            Single sign-on opened one organization only. You belong to this one too: sign in with your
            password or a passkey to open it.
          </OtherSignInNotice>
        </Page>
      </ProblemLayout>
    )
  const retry = () => {
    reset()
    void router.invalidate()
  }
  return (
    <ProblemLayout>
      <Page title="This page could not be displayed" width="narrow">
        <ErrorNotice error={error} onRetry={retry} />
      </Page>
    </ProblemLayout>
  )
}
