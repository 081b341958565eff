import { readFile } from 'node:fs/promises'
import { auditRoutes } from '../audit/audit-routes.ts'
import { authorityRoutes } from '../authority/authority-routes.ts'
import { createCertificateListStore } from '../certificates/certificate-list-store.ts'
import { certificateRoutes, createCertificateStateReader } from '../certificates/certificate-routes.ts'
import { presentCertificate } from '../certificates/present-certificate.ts'
import { readChain } from '../certificates/read-chain.ts'
import { registrationRoutes } from '../certificates/registration-routes.ts'
import { createBulkRevocationStore } from '../certificates/revocation/bulk-revocation-store.ts'
import { operations } from '../contract/operations.ts'
import { credentialRoutes } from '../credentials/credential-routes.ts'
import { createCredentialSecretStore } from '../credentials/credential-secret-store.ts'
import { createCredentialStore } from '../credentials/credential-store.ts'
import { enforcementRoutes } from '../enforcement/enforcement-routes.ts'
import { evidenceRoutes } from '../evidence/evidence-routes.ts'
import { authorize } from '../http/authorize.ts'
import type { Handlers } from '../http/handler.ts'
import { mailRoutes } from '../notifications/mail-routes.ts'
import { environmentRoutes } from '../organizations/environment-routes.ts'
import { sessionRoutes } from '../organizations/session-routes.ts'
import { activityRoutes } from '../telemetry/activity-routes.ts'
import { gatewayRoutes } from '../telemetry/gateway-routes.ts'
import { refusalRoutes } from '../telemetry/refusal-routes.ts'
import { usageRoutes } from '../telemetry/usage-routes.ts'
import { forgetFirstPassword } from './first-run.ts'
import type { Ground } from './portal-ground.ts'
import type { Parts } from './portal-parts.ts'

/** Returns the handlers of every operation of the API. */
export function buildHandlers(
  { config, database, clock }: Ground,
  parts: Parts,
  facts: Parameters<typeof authorize>[0],
): Handlers {
  const { serverCaFile } = config.gateway
  const lists = createCertificateListStore(database)
  return {
    ...sessionRoutes({
      ...parts,
      onPasswordChosen: (email) => forgetFirstPassword(config.dataFolder, email),
    }),
    ...environmentRoutes(config.environments, serverCaFile),
    ...credentialRoutes({
      credentials: createCredentialStore(database),
      secrets: createCredentialSecretStore(database),
      environments: parts.environments,
      clock,
    }),
    ...certificateRoutes({
      ...parts,
      bulk: createBulkRevocationStore(database),
      drafts: parts.registering.drafts,
      lists,
      history: parts.audit,
      readServerCa: async () => (serverCaFile === null ? undefined : readFile(serverCaFile)),
      publishRevocationList: parts.publisher.publishRevocation,
    }),
    ...registrationRoutes(parts.registering),
    ...evidenceRoutes({
      ...parts,
      async readCertificate(organizationId, id) {
        const certificate = await parts.certificates.get(organizationId, id)
        return presentCertificate({ ...parts, lists, issuers: parts.publish.issuers }, certificate)
      },
      async readAuthority(organizationId, id) {
        const certificate = await parts.certificates.get(organizationId, id)
        const { toBeSigned, revocation } = certificate
        const revocationList =
          toBeSigned && revocation ? await parts.publish.lists.findDer(toBeSigned) : undefined
        return { chain: await readChain(parts.publish.issuers, certificate), revocationList }
      },
      listActivity: parts.activity.listByCertificate,
    }),
    ...usageRoutes({
      ...parts,
      readCertificateState: createCertificateStateReader({ certificates: parts.certificates, clock }),
    }),
    ...refusalRoutes(parts),
    ...activityRoutes({
      ...parts,
      readCertificateState: createCertificateStateReader({ certificates: parts.certificates, clock }),
      async assertStillAdmitted(headers, { slug }) {
        const session = await parts.identity.findPerson(headers)
        await authorize(facts, operations.streamCertificateActivity, session, { organization: slug })
      },
    }),
    ...enforcementRoutes(parts.enforcing),
    ...gatewayRoutes({
      ...parts,
      readRevokedAt: async (organizationId, id) =>
        (await parts.certificates.get(organizationId, id)).revocation?.at ?? null,
    }),
    ...authorityRoutes(parts.authorities),
    ...auditRoutes(parts),
    ...mailRoutes(parts),
  }
}
