/** `variable` is the name of the setting that has the URL; POSTERN_DATABASE_URL where it is not given. */
interface PostgresLocation {
  engine: 'postgres'
  url: string
  variable?: string
}

/** The location of the store: a SQLite file, or a PostgreSQL URL (a secret: it may contain a password). */
export type StorageLocation = { engine: 'sqlite'; path: string } | PostgresLocation
