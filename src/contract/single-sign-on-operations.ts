import { OrganizationParams } from './common.ts'
import { operation } from './operation.ts'
import { organizationPath } from './paths.ts'
import { SessionView } from './session.ts'
import {
  NewSingleSignOn,
  SignInMethod,
  SignInMethodQuery,
  SingleSignOnDomainParams,
  SingleSignOnRedirect,
  SingleSignOnResponse,
  SingleSignOnStart,
  SingleSignOnView,
} from './single-sign-on.ts'

const path = `${organizationPath}/single-sign-on` as const

/** Operations on the single sign-on of an organization, and sign-in with it. */
export const singleSignOnOperations = {
  getSingleSignOn: operation({
    id: 'getSingleSignOn',
    summary: 'Get the single sign-on of an organization',
    method: 'GET',
    path,
    access: 'admin',
    operatorToo: true,
    params: OrganizationParams,
    reply: SingleSignOnView,
  }),
  setSingleSignOn: operation({
    id: 'setSingleSignOn',
    summary: 'Set the OpenID provider, the domains and the roles of single sign-on',
    method: 'PUT',
    path,
    access: 'admin',
    params: OrganizationParams,
    body: NewSingleSignOn,
    reply: SingleSignOnView,
    changes: 'getSingleSignOn',
    stepUp: true,
    errors: ['single_sign_on_issuer_unsuitable', 'single_sign_on_secret_missing', 'password_admin_missing'],
  }),
  deleteSingleSignOn: operation({
    id: 'deleteSingleSignOn',
    summary: 'Delete the single sign-on of an organization; users sign in with passwords again',
    method: 'DELETE',
    path,
    access: 'admin',
    params: OrganizationParams,
    reply: null,
    status: 204,
    changes: 'getSingleSignOn',
    stepUp: true,
  }),
  checkSingleSignOnDomain: operation({
    id: 'checkSingleSignOnDomain',
    summary: 'Look up the TXT record that proves a domain',
    method: 'POST',
    path: `${path}/domains/:domain/check`,
    access: 'admin',
    params: SingleSignOnDomainParams,
    reply: SingleSignOnView,
    changes: 'getSingleSignOn',
    errors: ['domain_unproven', 'domain_taken'],
  }),
  getSignInMethod: operation({
    id: 'getSignInMethod',
    summary: 'Whether a domain has single sign-on',
    method: 'GET',
    path: '/session/single-sign-on',
    access: 'anyone',
    query: SignInMethodQuery,
    reply: SignInMethod,
  }),
  startSingleSignOn: operation({
    id: 'startSingleSignOn',
    summary: 'Start to sign in through the OpenID provider of a domain',
    method: 'POST',
    path: '/session/single-sign-on',
    access: 'anyone',
    body: SingleSignOnStart,
    reply: SingleSignOnRedirect,
    errors: ['not_found', 'single_sign_on_unavailable'],
  }),
  completeSingleSignOn: operation({
    id: 'completeSingleSignOn',
    summary: 'Sign in with the response of the OpenID provider; sets the session cookie',
    method: 'POST',
    path: '/session/single-sign-on/response',
    access: 'anyone',
    body: SingleSignOnResponse,
    reply: SessionView,
    errors: [
      'single_sign_on_failed',
      'single_sign_on_unavailable',
      'single_sign_on_denied',
      'single_sign_on_email_unsuitable',
      'single_sign_on_address_taken',
      'people_limit_reached',
      'organization_suspended',
      'organization_closed',
    ],
  }),
}
