import type { LetterLimits } from '../contract/letter-limits.ts'
import type { StorageLocation } from '../storage/database.ts'
import type { EnvironmentSettings } from './config-file.ts'

/** What a part of Postern may know of its configuration. It holds no secret. */
export interface Config {
  profile: 'development' | 'production'
  /** Absolute path of the folder that holds everything that Postern writes. */
  dataFolder: string
  portal: Listener
  /** CRLs and issuer certificates over plain HTTP, for everybody. */
  publication: Listener
  gateway: {
    host: string
    processes: number
    certificateFile: string
    keyFile: string
    serverCaFile: string | null
    /** How long calls under way may go on when a gateway stops. */
    drainSeconds: number
    /** After how long without the store callers are refused; null means never. */
    staleSeconds: number | null
    /** What one client address may do without an accepted certificate; 0 means without limit. */
    strangers: { openConnections: number; connectionsPerSecond: number; connectionsPerSecondInAll: number }
    /** Headers that a client may not send, beside those that Postern knows: names, or beginnings with a star. */
    reservedHeaders: readonly string[]
  }
  authority: {
    /** Where the keys of new issuers are made, and of which kind. */
    newKeys: { location: 'store' | 'pkcs11'; algorithm: 'ecdsa' | 'rsa' }
    /** The token that keys of issuers are in, named by its label or its slot. */
    token: { module: string; token: string | null; slot: number | null } | null
    /** How long the revocation list holds that an offline root leaves. */
    offlineListDays: number
  }
  /** Where edges ask whether a call may pass; null where none does. */
  authorizer: AuthorizerAddress | null
  /** Where checkpoints of the audit log are kept beside the store. */
  audit: { checkpointFiles: string[]; syslog: { host: string; port: number } | null }
  /** For how long use by minute, hour and day is kept, in milliseconds. */
  usageRetention: { minute: number; hour: number; day: number }
  environments: Environment[]
  mail: {
    from: string
    smtp: {
      host: string
      port: number
      /** TLS from the first byte, after STARTTLS, or not at all. */
      tls: 'implicit' | 'starttls' | 'none'
      caFile: string | null
      user: string | null
    } | null
    /** How many letters each organization may cause. */
    limits: LetterLimits
  }
}

/** A port, on loopback where it has no `tls`, or a socket in the file system with its mode. */
export type AuthorizerAddress =
  | {
      host: string
      port: number
      tls: { certificateFile: string; keyFile: string; clientCaFile: string } | null
    }
  | { socketPath: string; socketMode: number }

/** An HTTP listener of the portal process. */
export interface Listener {
  host: string
  port: number
  url: string
  trustedProxies: string[]
  /** `total` is null where the process shares out what it may open; `perAddress` 0 means without limit. */
  connections: { total: number | null; perAddress: number; requestSeconds: number; idleSeconds: number }
}

/** One environment: its own authority, gateway address, upstream, token issuer and policy. */
export interface Environment
  extends Omit<
    EnvironmentSettings,
    'port' | 'host' | 'url' | 'upstream' | 'upstreamTls' | 'certificate' | 'key' | 'certificatesPerHour'
  > {
  name: string
  /** Certificates that an organization may begin in an hour. */
  certificatesPerHour: number
  gatewayHost: string
  gatewayPort: number
  /** Without a slash at the end; the issuer of its tokens too. */
  gatewayUrl: string
  /** Where calls that pass are sent; null in the development profile means the demo upstream. */
  upstream: string | null
  upstreamTls: { caFile: string | null; certificateFile: string | null; keyFile: string | null }
  /** The server certificate of its own; null where it has that of the gateway. */
  serverFiles: { certificateFile: string; keyFile: string } | null
}

/** What must not be logged: connection strings, keys and passwords. */
export interface Secrets {
  storage: StorageLocation
  /** 32 bytes that seal the keys of the authority; null where a process has no business with them. */
  authorityKey: Uint8Array | null
  /** 32 bytes that seal the token signing keys. */
  gatewayKey: Uint8Array | null
  smtpPassword: string | null
  /** Of the token that the keys of the authority are in; null where there is none, or no business with it. */
  tokenPin: string | null
  /** What edges send with each question; null where none is asked for, or a process has no business with it. */
  authorizerSecret: string | null
  /** Signs session cookies. */
  sessionKey: string | null
}
