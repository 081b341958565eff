import type { Environment } from '../config/config.ts'
import { externalCertificateNames, keyKindNames } from '../contract/enum-names.ts'
import type { EnvironmentView } from '../contract/environment.ts'
import type { Handlers } from '../http/handler.ts'
import { serverCaFileName } from '../kits/file-names.ts'

/** Returns the handlers for the environments as customers see them; `readServerCa` as for downloads. */
export function environmentRoutes(
  environments: Iterable<Environment>,
  readServerCa: (environment: string) => string | null,
): Pick<Handlers, 'listEnvironments' | 'getEnvironment'> {
  const toView = (environment: Environment) => toEnvironmentView(environment, readServerCa(environment.name))
  return {
    listEnvironments: async () => ({ items: [...environments].map(toView) }),
    getEnvironment: async ({ environment }) => toView(environment),
  }
}

function toEnvironmentView(environment: Environment, serverCaPem: string | null): EnvironmentView {
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
    allowedKeys: environment.allowedKeys.map(keyKindNames.toName),
    validityDays: environment.validityDays,
    sameKeyRenewal: environment.sameKeyRenewal,
    externalCertificates: externalCertificateNames.toName(environment.externalCertificates),
    scopes: environment.scopes,
    serverCa: serverCaPem === null ? null : { fileName: serverCaFileName, pem: serverCaPem },
  }
}
