/** The location of the store: a SQLite file, or a PostgreSQL URL (a secret: it may contain a password). */
export type StorageLocation = { engine: 'sqlite'; path: string } | { engine: 'postgres'; url: string }
