import type { RetirementPlan } from '../../../../../src/contract/rotation.ts'
import { ActorName } from '../../../lib/actor-name.tsx'
import { exactTime } from '../../../lib/relative-time.ts'

/** Says how the old certificate is retired. */
export function PlanText({
  plan,
  name,
  isLimited,
}: {
  plan: RetirementPlan | null
  name: string
  /** Whether the end of the overlap retires it by itself. */
  isLimited: boolean
}) {
  if (plan === null && isLimited) return <p>{`Nobody has planned to retire ${name} sooner.`}</p>
  if (plan === null) return <p>{`Nothing retires ${name} by itself. It stays valid until it expires.`}</p>
  const how =
    plan.at === null
      ? `Postern retires ${name} as soon as that is safe.`
      : plan.postponedSince === null
        ? `Postern retires ${name} at ${exactTime(new Date(plan.at))}, if nothing would be cut off then.`
        : `The retirement of ${name}, planned for ${exactTime(new Date(plan.at))}, is postponed: calls would have been cut off. Postern retires it as soon as that is safe.`
  return (
    <p>
      {how} Set by <ActorName actor={plan.setBy} />.
    </p>
  )
}
