import { useParams } from '@tanstack/react-router'
import { ErrorCodeHelp } from '../../features/help/components/error-code-help.tsx'
import { Logo } from '../frame/logo.tsx'
import classes from './error-code-page.module.css'

/** Shows what a code means and what to do: the address in `type` of an error. Needs no sign-in. */
export function ErrorCodePage() {
  const { code } = useParams({ from: '/help/errors/$code' })
  return (
    <main className={classes.page}>
      <Logo />
      <ErrorCodeHelp code={code} />
    </main>
  )
}
