import { createPageSchema, EnvironmentParams } from './common.ts'
import { ExternalSourceQuery, ExternalSourceView } from './external-source.ts'
import {
  MigrationImpactView,
  MigrationListQuery,
  MigrationSummary,
  MigrationView,
  NewMigration,
} from './migration.ts'
import { operation } from './operation.ts'
import { environmentPath } from './paths.ts'

/** Operations on plans by which organizations leave certificates from other CAs. */
export const migrationOperations = {
  getMigration: operation({
    id: 'getMigration',
    summary: 'Get the plan by which an organization leaves certificates from other CAs',
    method: 'GET',
    path: `${environmentPath}/migration`,
    access: 'viewer',
    operatorToo: true,
    params: EnvironmentParams,
    reply: MigrationView,
  }),
  getMigrationImpact: operation({
    id: 'getMigrationImpact',
    summary: 'Count the certificates from other CAs of an organization, and the calls with them',
    method: 'GET',
    path: `${environmentPath}/migration/impact`,
    access: 'viewer',
    operatorToo: true,
    params: EnvironmentParams,
    reply: MigrationImpactView,
  }),
  setMigration: operation({
    id: 'setMigration',
    summary: 'Set when certificates from other CAs of an organization end, and its exception',
    method: 'PUT',
    path: `${environmentPath}/migration`,
    access: 'operator',
    params: EnvironmentParams,
    body: NewMigration,
    reply: MigrationView,
    changes: 'getMigration',
    errors: ['external_certificates_off', 'migration_would_deny_calls'],
  }),
  listMigrations: operation({
    id: 'listMigrations',
    summary: 'List the organizations that have certificates from other CAs or a plan to leave them',
    method: 'GET',
    path: '/migrations',
    access: 'operator',
    query: MigrationListQuery,
    reply: createPageSchema(MigrationSummary),
  }),
  listExternalSources: operation({
    id: 'listExternalSources',
    summary: 'List the CRLs and OCSP responders of other CAs that are asked, and how they answer',
    method: 'GET',
    path: '/external-sources',
    access: 'operator',
    query: ExternalSourceQuery,
    reply: createPageSchema(ExternalSourceView),
  }),
}
