import type { Environment } from '../../config/config.ts'
import { parseCertificate } from '../../pki/certificate/certificate.ts'
import { formatName } from '../../pki/name/name.ts'
import { type Finding, problem } from './diagnosis.ts'

/**
 * Tells which issuers in `externalStatus.issuers` are none that their environment trusts: what was set for them would hold
 * for nobody. `issuers` are the trusted ones, with the name of their environment.
 */
export const checkTrustedIssuers = (
  environments: readonly Pick<Environment, 'name' | 'externalStatus'>[],
  issuers: readonly { environment: string; der: Uint8Array }[],
): Finding[] =>
  environments.flatMap(({ name, externalStatus }) => {
    const trusted = issuers
      .filter(({ environment }) => environment === name)
      .map(({ der }) => formatName(parseCertificate(der).subject))
    return externalStatus.issuers
      .filter(({ issuer }) => !trusted.includes(issuer))
      .map(({ issuer }) =>
        problem(
          `environments.${name}.externalStatus.issuers names ${issuer}, which is no trusted issuer, so nothing holds for it. Copy the name from Operate → Certificate authorities${trusted.length === 0 ? '' : ` (${trusted.join('; ')})`}.`,
        ),
      )
  })
