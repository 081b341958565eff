import type { Environment } from '../config/config.ts'
import type { EnvironmentView } from '../contract/environment.ts'
import type { Handlers } from '../http/handler.ts'

/** Returns the handlers for the environments as customers see them. */
export function environmentRoutes(
  environments: Iterable<Environment>,
  serverCaFile: string | null,
): Pick<Handlers, 'listEnvironments'> {
  const items = [...environments].map((environment) => toEnvironmentView(environment, serverCaFile))
  return { listEnvironments: async () => ({ items }) }
}

function toEnvironmentView(environment: Environment, serverCaFile: string | null): EnvironmentView {
  const url = new URL(environment.gatewayUrl)
  return {
    name: environment.name,
    label: environment.label ?? environment.name,
    live: environment.live,
    gatewayUrl: environment.gatewayUrl,
    gatewayHost: url.hostname,
    gatewayPort: Number(url.port || 443),
    tokenUrl: `${environment.gatewayUrl}/token`,
    profile: environment.profile,
    issuanceMode: environment.issuance,
    allowedKeys: environment.allowedKeys,
    validityDays: environment.validityDays,
    sameKeyRenewal: environment.sameKeyRenewal,
    externalCertificates: environment.externalCertificates,
    scopes: environment.scopes,
    serverCaFile,
  }
}
