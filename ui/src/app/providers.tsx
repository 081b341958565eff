import { MantineProvider, ModalStack } from '@mantine/core'
import { QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { findStyleNonce } from '../lib/style-nonce.ts'
import { announceSessionEnd, followSession } from './leave-session.ts'
import { createQueryClient } from './query-client.ts'
import { createPortalRouter } from './router.tsx'
import { StepUp } from './step-up.tsx'
import { cssVariablesResolver, theme } from './theme.ts'

const queries = createQueryClient({
  onSignedOut: () => announceSessionEnd(queries),
  onPasswordDue() {
    // The session route loads the session again, and redirects to the password page.
    queries.removeQueries({ queryKey: ['session'] })
    void router.invalidate()
  },
})
followSession(queries)
const router = createPortalRouter(queries)

/** Provides what every page needs: theme, cache, router. */
export function Providers() {
  return (
    <MantineProvider
      theme={theme}
      cssVariablesResolver={cssVariablesResolver}
      defaultColorScheme="auto"
      getStyleNonce={() => findStyleNonce() ?? ''}
    >
      <QueryClientProvider client={queries}>
        <ModalStack>
          <RouterProvider router={router} />
          <StepUp />
        </ModalStack>
      </QueryClientProvider>
    </MantineProvider>
  )
}
