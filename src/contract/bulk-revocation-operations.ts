import {
  BulkRevocationItem,
  BulkRevocationParams,
  BulkRevocationView,
  NewBulkRevocation,
} from './bulk-revocation.ts'
import { createPageSchema, PageQuery, WaitQuery } from './common.ts'
import { operation } from './operation.ts'

/** Operations that revoke many certificates of any organization. */
export const bulkRevocationOperations = {
  createBulkRevocation: operation({
    id: 'createBulkRevocation',
    summary: 'Revoke any number of certificates by issuer, key or serial numbers; first a dry run',
    description:
      'With `dryRun` it counts the valid certificates that fit, and revokes nothing. With `expectedCount` set to that count it revokes them one after the other, in the background. Each revocation is in force as soon as it is made. `key_compromise` also takes the other valid certificates of the same keys.',
    method: 'POST',
    path: '/bulk-revocations',
    access: 'operator',
    secondPerson: 'bulk-revocations',
    body: NewBulkRevocation,
    reply: BulkRevocationView,
    status: 201,
    creates: 'getBulkRevocation',
    stepUp: true,
    errors: ['conflict'],
  }),
  listBulkRevocations: operation({
    id: 'listBulkRevocations',
    summary: 'List bulk revocations and dry runs of them, newest first',
    method: 'GET',
    path: '/bulk-revocations',
    access: 'operator',
    query: PageQuery,
    reply: createPageSchema(BulkRevocationView),
  }),
  getBulkRevocation: operation({
    id: 'getBulkRevocation',
    summary: 'Get one bulk revocation with its counts',
    method: 'GET',
    path: '/bulk-revocations/:bulkRevocationId',
    access: 'operator',
    params: BulkRevocationParams,
    query: WaitQuery,
    reply: BulkRevocationView,
    pending: { member: 'state', values: ['running'] },
  }),
  listBulkRevocationCertificates: operation({
    id: 'listBulkRevocationCertificates',
    summary: 'List the certificates of a bulk revocation',
    method: 'GET',
    path: '/bulk-revocations/:bulkRevocationId/certificates',
    access: 'operator',
    params: BulkRevocationParams,
    query: PageQuery,
    reply: createPageSchema(BulkRevocationItem),
  }),
}
