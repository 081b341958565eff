/** Where the store is: a SQLite file, or a PostgreSQL URL (a secret: it may hold a password). */
export type StorageLocation = { engine: 'sqlite'; path: string } | { engine: 'postgres'; url: string }
