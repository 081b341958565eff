import type { ActivityView } from '../../../../src/contract/activity.ts'
import { gatewayPaths } from '../../../../src/contract/gateway-paths.ts'
import type { ConfigureStep } from './components/configure-steps.tsx'

const ofPostman: readonly (string | null)[] = [
  gatewayPaths.tokenOfClient,
  gatewayPaths.tokenOfClientBelowAuth,
]

/**
 * Returns the guided steps that the gateway has seen: a token by the address of the cURL command ticks the first, a
 * token by the address of the Postman request the other two. Without client secrets both use the same address.
 */
export function findSeenSteps(
  activity: readonly ActivityView[],
  takesSecrets: boolean,
): ReadonlySet<ConfigureStep> {
  const tokens = activity.filter(({ kind, outcome }) => kind === 'token' && outcome === 'allowed')
  const byPostman =
    tokens.some(({ path }) => ofPostman.includes(path)) || (!takesSecrets && tokens.length > 0)
  const byCurl = tokens.some(({ path }) => !ofPostman.includes(path))
  return new Set<ConfigureStep>([
    ...(byCurl ? (['curl'] as const) : []),
    ...(byPostman ? (['postman', 'request'] as const) : []),
  ])
}
