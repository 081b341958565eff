import { useRouteContext } from '@tanstack/react-router'
import { Page } from '../../components/ui/page.tsx'
import { OperatorsList } from '../../features/operators/components/operators-list.tsx'

/** Shows operators who works for the provider. */
export function OperatorsPage() {
  const { session } = useRouteContext({ from: '/signed-in/operate' })
  return (
    <Page
      title="Operators"
      description={
        <>
          Operators and auditors of this portal. Add one on the machine of Postern:{' '}
          <code>postern operator create EMAIL</code>
        </>
      }
    >
      <OperatorsList mayRemove={session.operatorRole === 'operator'} />
    </Page>
  )
}
