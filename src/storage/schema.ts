import type { ApiKeyTables } from './tables/api-key-tables.ts'
import type { AuthorityTables } from './tables/authority-tables.ts'
import type { BackupTables } from './tables/backup-tables.ts'
import type { CalendarTables } from './tables/calendar-tables.ts'
import type { CertificateTables } from './tables/certificate-tables.ts'
import type { CredentialTables } from './tables/credential-tables.ts'
import type { DeploymentTables } from './tables/deployment-tables.ts'
import type { EnforcementTables } from './tables/enforcement-tables.ts'
import type { ExpiryTables } from './tables/expiry-tables.ts'
import type { ExternalStatusTables } from './tables/external-status-tables.ts'
import type { FactorTables } from './tables/factor-tables.ts'
import type { MigrationTables } from './tables/migration-tables.ts'
import type { PeopleTables } from './tables/people-tables.ts'
import type { RecordTables } from './tables/record-tables.ts'
import type { RotationTables } from './tables/rotation-tables.ts'
import type { ScimTables } from './tables/scim-tables.ts'
import type { SignalTables } from './tables/signal-tables.ts'
import type { SingleSignOnTables } from './tables/single-sign-on-tables.ts'
import type { TelemetryTables } from './tables/telemetry-tables.ts'
import type { WebhookTables } from './tables/webhook-tables.ts'

/**
 * The tables, the same on SQLite and PostgreSQL: times are integers (milliseconds since 1970), flags are 0 or
 * 1, lists and objects are JSON text, DER is bytes. The four sign-in tables store times as ISO text, as the
 * sign-in library writes them.
 */
export interface Schema
  extends PeopleTables,
    ApiKeyTables,
    FactorTables,
    SingleSignOnTables,
    ScimTables,
    AuthorityTables,
    CertificateTables,
    CredentialTables,
    RecordTables,
    TelemetryTables,
    EnforcementTables,
    MigrationTables,
    ExpiryTables,
    ExternalStatusTables,
    BackupTables,
    RotationTables,
    CalendarTables,
    WebhookTables,
    SignalTables,
    DeploymentTables {}
