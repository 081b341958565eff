import { z } from 'zod'
import {
  AuthorityParams,
  AuthorityView,
  IssuerParams,
  NewTrustedIssuer,
  Retirement,
  RetirementView,
} from './authority.ts'
import { operation } from './operation.ts'

/** Operations on certificate authorities, for operators. */
export const authorityOperations = {
  listAuthorities: operation({
    id: 'listAuthorities',
    summary: 'Root and issuing CAs, and who has certificates of them',
    method: 'GET',
    path: '/authorities',
    access: 'operator',
    reply: z.object({ items: z.array(AuthorityView) }),
  }),
  rotateAuthority: operation({
    id: 'rotateAuthority',
    summary: 'Make a new issuing CA for an environment; the gateways trust both, the new one signs',
    method: 'POST',
    path: '/authorities/:environment/rotate',
    access: 'operator',
    params: AuthorityParams,
    reply: z.object({ items: z.array(AuthorityView) }),
    status: 201,
    errors: ['issuer_unavailable', 'master_key_wrong'],
  }),
  trustIssuer: operation({
    id: 'trustIssuer',
    summary: 'Trust an authority of somebody else for an environment; it retires as one of our own does',
    method: 'POST',
    path: '/authorities/:environment/trusted',
    access: 'operator',
    params: AuthorityParams,
    body: NewTrustedIssuer,
    reply: z.object({ items: z.array(AuthorityView) }),
    status: 201,
    errors: [
      'external_issuer_unfit',
      'certificate_unreadable',
      'certificate_is_private_key',
      'external_certificates_off',
      'conflict',
    ],
  }),
  retireAuthority: operation({
    id: 'retireAuthority',
    summary: 'Set when an issuing CA retires, move it or take it back; first a dry run',
    method: 'POST',
    path: '/authorities/:issuerId/retirement',
    access: 'operator',
    params: IssuerParams,
    body: Retirement,
    reply: RetirementView,
    errors: ['issuer_still_signs', 'conflict'],
  }),
}
