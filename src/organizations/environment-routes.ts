import type { Clock } from '../clock.ts'
import type { Environment } from '../config/config.ts'
import { externalCertificateNames, keyKindNames } from '../contract/enum-names.ts'
import type { EnvironmentView } from '../contract/environment.ts'
import type { Handlers } from '../http/handler.ts'
import { serverCaFileName } from '../kits/file-names.ts'
import { getAllowedKeys } from '../shapes/allowed-keys.ts'

/** Returns the handlers for the environments as customers see them; `readServerCa` as for downloads. */
export function environmentRoutes(
  environments: Iterable<Environment>,
  readServerCa: (environment: string) => string | null,
  clock: Clock,
): Pick<Handlers, 'listEnvironments' | 'getEnvironment'> {
  const toView = (environment: Environment) =>
    toEnvironmentView(environment, readServerCa(environment.name), clock.now())
  return {
    listEnvironments: async () => ({ items: [...environments].map(toView) }),
    getEnvironment: async ({ environment }) => toView(environment),
  }
}

function toEnvironmentView(
  environment: Environment,
  serverCaPem: string | null,
  now: number,
): EnvironmentView {
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
    allowedKeys: getAllowedKeys(environment, now).map(keyKindNames.toName),
    validityDays: environment.validityDays,
    sameKeyRenewal: environment.sameKeyRenewal,
    externalCertificates: externalCertificateNames.toName(environment.externalCertificates),
    scopes: environment.scopes,
    serverCa: serverCaPem === null ? null : { fileName: serverCaFileName, pem: serverCaPem },
  }
}
