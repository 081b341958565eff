import { accountRoutes } from '../accounts/account-routes.ts'
import { factorRoutes } from '../accounts/factors/factor-routes.ts'
import { sessionRoutes, toSessionView } from '../accounts/session-routes.ts'
import { singleSignOnRoutes } from '../accounts/single-sign-on/single-sign-on-routes.ts'
import { stepUpRoutes } from '../accounts/step-up-routes.ts'
import { apiKeyRoutes } from '../api-keys/api-key-routes.ts'
import { auditRoutes } from '../audit/audit-routes.ts'
import { authorityRoutes } from '../authority/authority-routes.ts'
import { calendarFeedRoutes } from '../calendar-feeds/calendar-feed-routes.ts'
import { createCertificateListStore } from '../certificates/certificate-list-store.ts'
import { certificateRoutes, createCertificateStateReader } from '../certificates/certificate-routes.ts'
import { readChain } from '../certificates/read-chain.ts'
import { registrationRoutes } from '../certificates/registration-routes.ts'
import { toCertificateView } from '../certificates/to-certificate-view.ts'
import { toServerCaFiles } from '../config/tls-settings.ts'
import { type ConfirmationDependencies, confirmationRoutes } from '../confirmations/confirmation-routes.ts'
import { type OperationId, operations } from '../contract/operations.ts'
import { credentialRoutes } from '../credentials/credential-routes.ts'
import { createCredentialSecretStore } from '../credentials/credential-secret-store.ts'
import { createCredentialStore } from '../credentials/credential-store.ts'
import { enforcementRoutes } from '../enforcement/enforcement-routes.ts'
import { evidenceRoutes } from '../evidence/evidence-routes.ts'
import { notificationRoutes } from '../expiry/notification-routes.ts'
import { externalStatusRoutes } from '../external-status/external-status-routes.ts'
import { authorize } from '../http/authorize.ts'
import type { Handlers } from '../http/handler.ts'
import { migrationRoutes } from '../migration-plans/migration-routes.ts'
import { mailRoutes, subscriptionRoutes } from '../notifications/mail-routes.ts'
import { environmentRoutes } from '../organizations/environment-routes.ts'
import { invitationRoutes } from '../organizations/invitation-routes.ts'
import { memberRoutes } from '../organizations/member-routes.ts'
import { createOrganizationChangeStore } from '../organizations/organization-change-store.ts'
import { createOrganizationListStore } from '../organizations/organization-list-store.ts'
import { organizationRoutes } from '../organizations/organization-routes.ts'
import { platformRoutes } from '../platform/platform-routes.ts'
import { privacyRoutes } from '../privacy/privacy-routes.ts'
import { rotationRoutes } from '../rotations/rotation-routes.ts'
import { signalRoutes } from '../signals/signal-routes.ts'
import { activityRoutes } from '../telemetry/activity-routes.ts'
import { denialRoutes } from '../telemetry/denial-routes.ts'
import { gatewayRoutes } from '../telemetry/gateway-routes.ts'
import { requiredActionRoutes } from '../telemetry/required-action-routes.ts'
import { usageRoutes } from '../telemetry/usage-routes.ts'
import { createServerCaReader } from '../tls-files/read-server-ca.ts'
import { webhookRoutes } from '../webhooks/webhook-routes.ts'
import { deleteFirstPassword } from './first-run.ts'
import type { Dependencies } from './portal-dependencies.ts'
import type { BaseDependencies } from './portal-ground.ts'
import { buildPlatform } from './portal-platform.ts'
import type { ReloadConfiguration } from './portal-reload.ts'

/** Returns the handlers of every operation of the API. */
export function buildHandlers(
  { config, database, clock }: BaseDependencies,
  dependencies: Dependencies,
  { details, reload }: { details: Parameters<typeof authorize>[0]; reload: ReloadConfiguration },
): Handlers {
  const readServerCa = createServerCaReader(
    new Map(config.environments.map((each) => [each.name, toServerCaFiles(config, each)])),
    clock,
  )
  const assertAllowed: ConfirmationDependencies['assertAllowed'] = (operation, session, params) =>
    authorize(details, operation, session, params)
  const lists = createCertificateListStore(database)
  const readCertificateState = createCertificateStateReader({
    certificates: dependencies.certificates,
    clock,
  })
  const onPasswordChosen = (email: string) => deleteFirstPassword(config.dataFolder, email)
  const handlers: Handlers = {
    ...stepUpRoutes({ ...dependencies, assertAllowed, secondPerson: dependencies.secondPersonAreas }),
    ...sessionRoutes({ ...dependencies, onPasswordChosen }),
    ...accountRoutes({ ...dependencies, onPasswordChosen }),
    ...organizationRoutes({
      ...dependencies,
      lists: createOrganizationListStore(database),
      changes: createOrganizationChangeStore(database),
      readDefaults: () => ({ ...config.organizations, emailsPerHour: config.mail.limits.perHour }),
    }),
    ...apiKeyRoutes(dependencies),
    ...calendarFeedRoutes(dependencies),
    ...memberRoutes(dependencies),
    ...buildInvitationRoutes(dependencies),
    ...factorRoutes(dependencies),
    ...privacyRoutes(dependencies),
    ...singleSignOnRoutes(dependencies),
    ...environmentRoutes(config.environments, readServerCa, clock),
    ...credentialRoutes({
      credentials: createCredentialStore(database),
      secrets: createCredentialSecretStore(database),
      defaults: config.organizations,
      environments: dependencies.environments,
      clock,
    }),
    ...certificateRoutes({
      ...dependencies,
      drafts: dependencies.registering.drafts,
      lists,
      history: dependencies.audit,
      readServerCa,
      publishRevocationList: dependencies.publisher.publishRevocation,
    }),
    ...registrationRoutes(dependencies.registering),
    ...rotationRoutes(dependencies.rotating),
    ...evidenceRoutes({
      ...dependencies,
      async readCertificate(organizationId, id) {
        const certificate = await dependencies.certificates.get(organizationId, id)
        return toCertificateView({ ...dependencies, issuers: dependencies.publish.issuers }, certificate)
      },
      async readUse(organizationId, id) {
        const { firstUsedAt, lastUsedAt } = await readCertificateState(organizationId, id)
        return { firstUsedAt, lastUsedAt }
      },
      async readAuthority(organizationId, id) {
        const certificate = await dependencies.certificates.get(organizationId, id)
        const { toBeSigned, revocation } = certificate
        const revocationList =
          toBeSigned && revocation ? await dependencies.publish.lists.findDer(toBeSigned) : undefined
        return { chain: await readChain(dependencies.publish.issuers, certificate), revocationList }
      },
      listActivity: dependencies.activity.listByCertificate,
    }),
    ...usageRoutes({
      ...dependencies,
      readCertificateState,
    }),
    ...denialRoutes(dependencies),
    ...requiredActionRoutes(dependencies),
    ...activityRoutes({
      ...dependencies,
      readCertificateState,
      readLatestChange: dependencies.audit.readLatestAbout,
      async assertStillAdmitted(headers, { slug }) {
        const session = await dependencies.authentication.find(headers)
        await authorize(details, operations.streamCertificateActivity, session, { organization: slug })
      },
    }),
    ...enforcementRoutes(dependencies.enforcing),
    ...migrationRoutes(dependencies.migrating),
    ...externalStatusRoutes(dependencies.externalStatus),
    ...gatewayRoutes({
      ...dependencies,
      readRevokedAt: async (organizationId, id) =>
        (await dependencies.certificates.get(organizationId, id)).revocation?.at ?? null,
    }),
    ...authorityRoutes(dependencies.authorities),
    ...auditRoutes(dependencies),
    ...webhookRoutes(dependencies),
    ...signalRoutes(dependencies.signalling),
    ...mailRoutes(dependencies),
    ...subscriptionRoutes(dependencies),
    ...notificationRoutes(dependencies),
    ...platformRoutes({ ...buildPlatform({ config, database, clock }, dependencies), reload }),
    ...confirmationRoutes({
      ...dependencies,
      areas: dependencies.secondPersonAreas,
      assertAllowed,
      run: (operation, request) => handlers[operation.id as OperationId](request as never),
    }),
  }
  return handlers
}

/** Returns the handlers for invitations, with what accounts do for a new user. */
function buildInvitationRoutes(dependencies: Dependencies) {
  const { identity, devices, acceptanceTurns } = dependencies
  return invitationRoutes({
    ...dependencies,
    inTurn: acceptanceTurns.run,
    describeSession: (user) => toSessionView(dependencies, user),
    async prepareUser(user, { headers, origin }) {
      const insert = await identity.prepareUser(
        { ...user, operatorRole: null, mustChangePassword: false },
        headers,
        origin,
      )
      return async (tx) => {
        const { cookies, ...created } = await insert(tx)
        return { ...created, cookies: [...cookies, devices.remember(headers, user.email)] }
      }
    },
  })
}
