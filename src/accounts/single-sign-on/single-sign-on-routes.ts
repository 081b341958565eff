import type { Clock } from '../../clock.ts'
import { callbackPath, type SingleSignOnView } from '../../contract/single-sign-on.ts'
import { PosternError } from '../../errors.ts'
import { findUrlProblem, type UrlRules } from '../../guard-addresses.ts'
import { CookieReply, type Handlers } from '../../http/handler.ts'
import { domainOf } from '../../shapes/email-domain.ts'
import { toText } from '../../shapes/moment.ts'
import type { AccountRecord } from '../account-record-store.ts'
import type { Identity } from '../identity-store.ts'
import { type SessionViewNeeds, toSessionView } from '../session-routes.ts'
import type { FindTxtRecords } from './find-txt-records.ts'
import type { ProviderClient } from './provider.ts'
import type { createProviderEntry } from './provider-user-store.ts'
import type { SignInFlow } from './sign-in-flow.ts'
import type { SingleSignOnStore } from './single-sign-on-store.ts'

/** The dependencies of these routes. */
export interface SingleSignOnDependencies extends SessionViewNeeds {
  singleSignOn: {
    store: SingleSignOnStore
    provider: ProviderClient
    flow: SignInFlow
    urlRules: UrlRules
    findTxtRecords: FindTxtRecords
    enter: ReturnType<typeof createProviderEntry>
    portalUrl: string
  }
  identity: Identity
  accountRecord: AccountRecord
  clock: Clock
}

type SettingsIds = 'getSingleSignOn' | 'setSingleSignOn' | 'deleteSingleSignOn' | 'checkSingleSignOnDomain'
type SignInIds = 'getSignInMethod' | 'startSingleSignOn' | 'completeSingleSignOn'

/** Returns the handlers for single sign-on. */
export const singleSignOnRoutes = (
  dependencies: SingleSignOnDependencies,
): Pick<Handlers, SettingsIds | SignInIds> => ({
  ...settingsRoutes(dependencies),
  ...signInRoutes(dependencies),
})

function settingsRoutes({ singleSignOn, clock }: SingleSignOnDependencies): Pick<Handlers, SettingsIds> {
  const { store, urlRules, findTxtRecords, portalUrl } = singleSignOn
  const read = async ({ id, slug }: { id: string; slug: string }): Promise<SingleSignOnView> => {
    const redirectUri = `${portalUrl}${callbackPath(slug)}`
    const found = await store.find(id)
    if (found === undefined) return { redirectUri, settings: null }
    const { organizationId: _, updatedAt, ...settings } = found
    return { redirectUri, settings: { ...settings, updatedAt: toText(updatedAt) } }
  }
  return {
    getSingleSignOn: ({ organization }) => read(organization),
    async setSingleSignOn({ actor, organization, body }) {
      const problem = findUrlProblem(new URL(body.issuer), urlRules)
      if (problem !== undefined)
        throw new PosternError('single_sign_on_issuer_unsuitable', `The issuer ${problem}.`)
      await store.set(organization.id, body, { actor, now: clock.now() })
      return read(organization)
    },
    async deleteSingleSignOn({ actor, organization }) {
      await store.delete(organization.id, { actor, now: clock.now() })
      return undefined
    },
    async checkSingleSignOnDomain({ actor, organization, params }) {
      const found = await store.find(organization.id)
      const named = found?.domains.find(({ domain }) => domain === params.domain)
      if (named === undefined) throw notFound()
      if (named.provenAt !== null) return read(organization)
      const { recordName, recordValue } = named
      const records = await findTxtRecords(recordName).catch((): string[] => [])
      if (!records.includes(recordValue))
        throw new PosternError(
          'domain_unproven',
          `DNS has no TXT record ${recordName} with the given value. A new record can take an hour until it is found.`,
        )
      const proof = { domain: named.domain, challenge: recordValue }
      await store.proveDomain(organization.id, proof, { actor, now: clock.now() })
      return read(organization)
    },
  }
}

function signInRoutes(dependencies: SingleSignOnDependencies): Pick<Handlers, SignInIds> {
  const { singleSignOn, identity, accountRecord, clock } = dependencies
  const { store, provider: client, flow, enter, portalUrl } = singleSignOn
  return {
    async getSignInMethod({ query }) {
      const found = query.domain === undefined ? undefined : await store.findByDomain(query.domain)
      return { singleSignOn: found !== undefined, required: found?.required ?? false }
    },
    async startSingleSignOn({ body: { email } }) {
      const found = await store.findByDomain(domainOf(email))
      const provider = found && (await store.findProvider(found.organizationId))
      if (provider === undefined) throw notFound()
      const { secrets, cookie } = flow.begin(provider.settings.organizationId)
      const redirectUri = `${portalUrl}${callbackPath(provider.slug)}`
      const authorizationUrl = await client.authorize(provider, secrets, { redirectUri, email })
      return new CookieReply([cookie], { authorizationUrl })
    },
    async completeSingleSignOn({ actor, body, headers, client: { address } }) {
      const begun = flow.find(headers)
      const provider = begun && (await store.findProvider(begun.organizationId))
      // Each organization has a redirect URI of its own: the response of another provider arrives elsewhere (RFC 9700, 4.4.2.2).
      if (begun === undefined || provider === undefined || provider.slug !== body.organization)
        throw new PosternError(
          'single_sign_on_failed',
          'This browser did not start this sign-in, or it took longer than ten minutes. Start again from the sign-in page.',
        )
      const response = new URL(`${portalUrl}${callbackPath(provider.slug)}?${body.response}`)
      const claims = await client.complete(provider, begun.secrets, response)
      const { person: user, cookies } = await identity.signInAs(
        async (tx) => {
          const { settings } = provider
          const userId = await enter(tx, { settings, claims, now: clock.now(), origin: actor.origin })
          const { organizationId } = settings
          return { userId, organizationId, hasSecondFactor: claims.hasSecondFactor }
        },
        headers,
        address,
      )
      const signedIn = { ...actor, id: user.userId, name: user.email }
      await accountRecord.record(
        {
          actor: signedIn,
          action: 'person.signed_in',
          organizationId: null,
          subjectKind: 'person',
          subjectId: user.userId,
        },
        clock.now(),
      )
      return new CookieReply([...cookies, flow.end()], await toSessionView(dependencies, user))
    },
  }
}

const notFound = () => new PosternError('not_found', 'There is nothing here, or nothing that you may see.')
