import {
  AuthorityParams,
  AuthorityView,
  IssuerParams,
  NewTrustedIssuer,
  Retirement,
  RetirementView,
} from './authority.ts'
import { createListSchema } from './common.ts'
import { operation } from './operation.ts'

/** Operations on certificate authorities, for operators. */
export const authorityOperations = {
  listCertificateAuthorities: operation({
    id: 'listCertificateAuthorities',
    summary: 'List root and issuing CAs, and which organizations have certificates from them',
    method: 'GET',
    path: '/certificate-authorities',
    access: 'operator',
    reply: createListSchema(AuthorityView),
  }),
  rotateCertificateAuthority: operation({
    id: 'rotateCertificateAuthority',
    summary: 'Create a new issuing CA for an environment; gateways trust both, the new one signs',
    method: 'POST',
    path: '/environments/:environment/certificate-authorities',
    access: 'operator',
    params: AuthorityParams,
    reply: createListSchema(AuthorityView),
    status: 201,
    errors: [
      'issuer_unavailable',
      'root_offline',
      'record_not_authentic',
      'profile_violation',
      'unavailable',
    ],
  }),
  trustIssuer: operation({
    id: 'trustIssuer',
    summary: 'Trust an external CA for an environment, so that its certificates can be registered',
    method: 'POST',
    path: '/environments/:environment/trusted-issuers',
    access: 'operator',
    params: AuthorityParams,
    body: NewTrustedIssuer,
    reply: createListSchema(AuthorityView),
    status: 201,
    errors: [
      'external_issuer_unfit',
      'certificate_unreadable',
      'certificate_is_private_key',
      'external_certificates_off',
      'conflict',
    ],
  }),
  retireCertificateAuthority: operation({
    id: 'retireCertificateAuthority',
    summary: 'Set, move or cancel the date on which an issuing CA retires; first a dry run',
    method: 'POST',
    path: '/certificate-authorities/:issuerId/retirement',
    access: 'operator',
    params: IssuerParams,
    body: Retirement,
    reply: RetirementView,
    errors: ['issuer_still_signs', 'conflict'],
  }),
}
