import pg from 'pg'
import type { StoreFault, StoreProblem } from './engine.ts'
import type { StorageLocation } from './location.ts'

/** The location of the store for display, without the password of its URL. */
export interface StorePlace {
  engine: 'sqlite' | 'postgres'
  /** The path of the file, or host and port. */
  at: string
  database: string
  role: string
}

/** Returns the location of the store; omits the unreadable parts of a URL. */
export function getPlace(location: StorageLocation): StorePlace {
  if (location.engine === 'sqlite') return { engine: 'sqlite', at: location.path, database: '', role: '' }
  try {
    const { host, port, database, user } = new pg.Client({ connectionString: location.url })
    return {
      engine: 'postgres',
      at: host.startsWith('/') ? host : `${host}:${port}`,
      database: database ?? '',
      role: user ?? '',
    }
  } catch {
    return { engine: 'postgres', at: 'POSTERN_DATABASE_URL', database: '', role: '' }
  }
}

const sqliteSentences: Record<StoreProblem, (path: string) => string> = {
  unreachable: (path) =>
    `The database file ${path} cannot be opened. Check that its folder exists and that Postern's user may read and write it.`,
  starting: (path) => `The database file ${path} cannot be opened yet.`,
  exhausted: (path) => `There is no memory left to use the database file ${path}. Free memory.`,
  full: (path) => `The file system of ${path} has no space left. Free space.`,
  'read-only': (path) =>
    `The database file ${path} can only be read. Check its file system, its owner and its mode.`,
  failing: (path) => `The disk of ${path} reports errors. Look at the log of the system.`,
  busy: (path) => `Another program holds the lock of the database file ${path} for too long. End it.`,
  refused: (path) => `The database file ${path} cannot be opened.`,
  untrusted: (path) => `The database file ${path} cannot be opened.`,
  missing: (path) => `The database file ${path} is missing.`,
  ungranted: (path) => `Postern's user may not use the database file ${path}. Check its owner and its mode.`,
  unfit: (path) =>
    `The database file ${path} does not have the tables of this release. Check that it is the right file.`,
  damaged: (path) =>
    `The database file ${path} is damaged, or is no SQLite database. Nothing is saved any more. Stop Postern, restore the file from a backup, and start it.`,
}

const postgresSentences: Record<StoreProblem, (place: StorePlace) => string> = {
  unreachable: ({ at }) =>
    `PostgreSQL at ${at} cannot be reached. Start it, or correct host and port in POSTERN_DATABASE_URL.`,
  starting: ({ at }) => `PostgreSQL at ${at} is starting or stopping. Wait for it, or start it.`,
  exhausted: ({ at }) =>
    `PostgreSQL at ${at} has no connection or memory left for Postern, or a limit was met. Raise max_connections or the limit, or end other programs.`,
  full: ({ at }) => `The disk of PostgreSQL at ${at} has no space left. Free space.`,
  'read-only': ({ at }) =>
    `PostgreSQL at ${at} can only be read: it is a standby, or read-only by its settings. Point POSTERN_DATABASE_URL at the primary.`,
  failing: ({ at }) => `PostgreSQL at ${at} reports errors of its disk or its own. Look at its log.`,
  busy: ({ at }) =>
    `Other sessions hold locks in PostgreSQL at ${at} for too long. Find them in pg_stat_activity.`,
  refused: ({ at, role, database }) =>
    `PostgreSQL at ${at} rejects the role "${role}" for the database "${database}". Correct role, password and sslmode in POSTERN_DATABASE_URL, or pg_hba.conf on the server.`,
  untrusted: ({ at }) =>
    `No TLS connection to PostgreSQL at ${at} could be made. Correct sslmode and sslrootcert in POSTERN_DATABASE_URL, or the certificate of the server.`,
  missing: ({ at, database }) =>
    `PostgreSQL at ${at} has no database "${database}". Create it, or correct its name in POSTERN_DATABASE_URL.`,
  ungranted: ({ at, role, database }) =>
    `The role "${role}" lacks a grant in the database "${database}" of PostgreSQL at ${at}. Grant it usage and create on the schema, and all on its tables and sequences.`,
  unfit: ({ at, database }) =>
    `The database "${database}" of PostgreSQL at ${at} does not have the tables of this release. Check that it is the right database, and start the portal.`,
  damaged: ({ at }) =>
    `PostgreSQL at ${at} reports damaged data. Stop Postern, and restore the database from a backup.`,
}

/**
 * Describes why the store is unavailable and what to do, in one line for operators: sentence, code, and the
 * server's own message.
 */
export function describeFault({ trouble, code, words }: StoreFault, place: StorePlace): string {
  const sentence =
    place.engine === 'sqlite' ? sqliteSentences[trouble](place.at) : postgresSentences[trouble](place)
  return `${sentence} (${[code, words].filter(Boolean).join(': ')})`
}

/** The error for clients, and the number of seconds after which they may retry. */
export interface ProblemForClients {
  sentence: string
  retryAfterSeconds: number
}

const away: ProblemForClients = {
  sentence:
    'Postern cannot read or write its store at this moment. Try again in a minute; calls at the gateways go on.',
  retryAfterSeconds: 60,
}
const busy: ProblemForClients = {
  sentence: 'The store of Postern is busy. Nothing was changed. Try again in a few seconds.',
  retryAfterSeconds: 5,
}
const full: ProblemForClients = {
  sentence: 'The store of Postern has no space left. Nothing was changed. Tell the operator, then try again.',
  retryAfterSeconds: 60,
}
const shut: ProblemForClients = {
  sentence: 'The store of Postern does not let Postern in. Tell the operator, then try again.',
  retryAfterSeconds: 60,
}

const forClients: Partial<Record<StoreProblem, ProblemForClients>> = {
  busy,
  full,
  starting: { ...away, retryAfterSeconds: 10 },
  'read-only': {
    sentence:
      'The store of Postern can only be read at this moment. Nothing was changed. Tell the operator, then try again.',
    retryAfterSeconds: 60,
  },
  damaged: {
    sentence:
      'The store of Postern is damaged, and nothing is saved any more. Tell the operator; calls at the gateways go on.',
    retryAfterSeconds: 60,
  },
  refused: shut,
  untrusted: shut,
  missing: shut,
  ungranted: shut,
  unfit: shut,
}

/** Returns the error for clients while the store is unavailable, without its location. */
export const tellClients = (trouble: StoreProblem): ProblemForClients => forClients[trouble] ?? away
