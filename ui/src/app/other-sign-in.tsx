import { Button } from '@mantine/core'
import { useQueryClient } from '@tanstack/react-query'
import { Notice } from '../components/ui/notice.tsx'
import { useSignOut } from '../features/session/api/sign-out.ts'
import { signedOutHere } from './leave-session.ts'

/** Says what a session that a provider began does not reach, and leads to another sign-in, back to this page. */
export function OtherSignInNotice({ title, children }: { title: string; children: string }) {
  const queries = useQueryClient()
  const signOut = useSignOut()
  const leave = () =>
    signOut.mutate(undefined, {
      onSuccess: () => signedOutHere(queries, `${location.pathname}${location.search}`),
    })
  return (
    <Notice
      tone="info"
      title={title}
      actions={
        <Button size="xs" variant="default" disabled={signOut.isPending} onClick={leave}>
          {signOut.isError ? 'Not signed out. Try again' : 'Sign in another way'}
        </Button>
      }
    >
      <p>{children}</p>
    </Notice>
  )
}
