import { CertificateParams } from './certificate.ts'
import { createPageSchema, EnvironmentParams, PageQuery } from './common.ts'
import { operation } from './operation.ts'
import { certificatePath, environmentPath } from './paths.ts'
import { OverdueRotation, Retirement, RotationSummary, RotationView } from './rotation.ts'

/** Operations on rotations: an old certificate, its replacement, and when the old one can go. */
export const rotationOperations = {
  listRotations: operation({
    id: 'listRotations',
    summary: 'Certificates that have a replacement and are not retired yet',
    method: 'GET',
    path: `${environmentPath}/rotations`,
    access: 'viewer',
    operatorToo: true,
    params: EnvironmentParams,
    query: PageQuery,
    reply: createPageSchema(RotationSummary),
  }),
  getRotation: operation({
    id: 'getRotation',
    summary: 'A certificate beside its replacement, what still uses it, and whether it is safe to retire',
    method: 'GET',
    path: `${certificatePath}/rotation`,
    access: 'viewer',
    operatorToo: true,
    params: CertificateParams,
    reply: RotationView,
    errors: ['unavailable'],
  }),
  listOverdueRotations: operation({
    id: 'listOverdueRotations',
    summary: 'List the replaced certificates of all organizations that are valid after their overlap',
    method: 'GET',
    path: '/overdue-rotations',
    access: 'operator',
    query: PageQuery,
    reply: createPageSchema(OverdueRotation),
  }),
  retireCertificate: operation({
    id: 'retireCertificate',
    summary: 'Retire a replaced certificate: now, at a time, or by itself once that is safe',
    method: 'POST',
    path: `${certificatePath}/retire`,
    access: 'developer',
    params: CertificateParams,
    body: Retirement,
    reply: RotationView,
    stepUp: true,
    errors: ['certificate_wrong_state', 'name_does_not_match', 'retirement_not_safe', 'unavailable'],
  }),
}
