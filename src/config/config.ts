import type { SecondPersonArea } from '../contract/confirmation.ts'
import type { EmailLimits } from '../contract/email-limits.ts'
import type { MasterKey } from '../shapes/master-key.ts'
import type { StorageLocation } from '../storage/database.ts'
import type { EnvironmentSettings } from './environment-settings.ts'

/** The configuration of Postern. It contains no secret. */
export interface Config {
  profile: 'development' | 'production'
  /** Absolute path of the folder for everything that Postern writes. */
  dataFolder: string
  log: { level: 'error' | 'warn' | 'info' | 'debug' }
  portal: Listener & {
    /** Whether operators and auditors need a session with a second factor. */
    operatorsNeedSecondFactor: boolean
    /** How long a session lasts after the sign-in, and without use. */
    sessions: { absoluteSeconds: number; idleSeconds: number }
    /** What the page calls an organization. */
    organizationWord: { singular: string; plural: string }
    singleSignOn: { allowPrivateIssuers: boolean }
  }
  /** Limits of each organization for which operators set none of its own. */
  organizations: { maxCredentials: number; maxPeople: number }
  /** CRLs, issuer certificates and OCSP over plain HTTP, for the public. */
  publication: Listener & {
    /** Which processes serve them. */
    servedBy: 'portal' | 'publication' | 'both'
  }
  gateway: {
    host: string
    processes: number
    certificateFile: string
    keyFile: string
    /** The CA of the server certificate that Postern makes; null if the certificate is the operator's. */
    serverCaFile: string | null
    /** The private CA of the operator's server certificate, if a setting names it. */
    caFile: string | null
    /** Where each event is written as a line; null if nowhere. */
    accessLogFile: string | null
    /** How long calls in progress may continue when a gateway stops. */
    drainSeconds: number
    /** Gateways deny requests after this time without the store; null means never. */
    staleSeconds: number | null
    /** Limits of one client address without an accepted certificate; 0 means no limit. */
    unauthenticatedLimits: {
      openConnections: number
      connectionsPerSecond: number
      totalConnectionsPerSecond: number
    }
    /** Addresses and networks of load balancers that send the PROXY protocol. */
    proxyProtocolFrom: readonly string[]
    /**
     * Headers that a client may not send, in addition to those that Postern knows: names, or prefixes with a
     * star.
     */
    reservedHeaders: readonly string[]
  }
  authority: {
    /** Location and kind of the keys of new issuers. */
    newKeys: { location: 'store' | 'pkcs11'; algorithm: 'ecdsa' | 'rsa' }
    /** The token with keys of issuers, identified by its label or its slot. */
    token: { module: string; token: string | null; slot: number | null } | null
    /** Validity of the CRL that is published before the root goes offline. */
    offlineCrlDays: number
  }
  /** The address where reverse proxies send authorization requests; null if it is not configured. */
  authorizer: AuthorizerAddress | null
  operations: {
    /** Where health and readiness are told to the operator's own systems; null if nowhere. */
    address: { host: string; port: number } | null
    /** How long a process tree says that it stops before it accepts no further connections. */
    drainSeconds: number
    /** A gateway that lags behind the store for longer is not ready; null leaves that to `staleSeconds`. */
    maxLagSeconds: number | null
  }
  audit: {
    /** Where checkpoints of the audit log are stored outside the store. */
    checkpointFiles: string[]
    syslog: { host: string; port: number } | null
    /** Where each row of the audit log goes besides; null if nowhere. */
    export: {
      file: string | null
      syslog: {
        host: string
        port: number
        transport: 'tls' | 'tcp'
        tls: { caFile: string | null; certificateFile: string | null; keyFile: string | null }
        format: 'json' | 'cef'
      } | null
    }
  }
  /** The public key that backups are encrypted to, if a setting names it, and where the journal is written. */
  backup: {
    recipient: string | null
    journalFolders: string[]
    /** When operators are told that backup or drill are late; null where nobody expects any. */
    ages: { maxAgeMs: number; drillMs: number } | null
  }
  /** Where traces go; null if nowhere. */
  traces: {
    /** Without a trailing slash. */
    endpoint: string
    ratio: number
    fromClients: boolean
    maxSpansPerSecond: number
    caFile: string | null
  } | null
  /** Retention of usage by minute, hour and day, in milliseconds. */
  usageRetention: { minute: number; hour: number; day: number }
  webhooks: {
    /** Networks that webhooks may call although they are not public, in CIDR form. */
    allowedNetworks: string[]
    /** CAs of endpoints besides the public ones; null if there are none. */
    caFile: string | null
  }
  externalStatus: {
    /** Networks in which CRLs and OCSP of other CAs may be although they are not public, in CIDR form. */
    allowedNetworks: string[]
  }
  environments: Environment[]
  /** What a second operator has to confirm. */
  secondPerson: SecondPersonArea[]
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
    /** The email limits of each organization. */
    limits: EmailLimits
  }
}

/** A port, on loopback if it has no `tls`, or a Unix socket with its mode. */
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
  /** `total` is null if the process distributes its file descriptors; `perAddress` 0 means no limit. */
  connections: { total: number | null; perAddress: number; requestSeconds: number; idleSeconds: number }
}

/** One environment: its own CA, gateway address, upstream, token issuer and policy. */
export interface Environment
  extends Omit<
    EnvironmentSettings,
    | 'port'
    | 'host'
    | 'url'
    | 'upstream'
    | 'upstreamTls'
    | 'certificate'
    | 'key'
    | 'ca'
    | 'certificatesPerHour'
  > {
  name: string
  /** Certificates that an organization may create per hour. */
  certificatesPerHour: number
  gatewayHost: string
  gatewayPort: number
  /** Without a trailing slash; also the issuer of its tokens. */
  gatewayUrl: string
  /** The API that receives allowed calls; null in the development profile means the demo upstream. */
  upstream: string | null
  upstreamTls: { caFile: string | null; certificateFile: string | null; keyFile: string | null }
  /** The environment's own server certificate; null if it uses that of the gateway. */
  serverFiles: { certificateFile: string; keyFile: string; caFile: string | null } | null
}

/** What must not be logged: connection strings, keys and passwords. */
export interface Secrets {
  storage: StorageLocation
  /** A replica of it, from which a gateway reads; null if there is none. */
  readStorage: StorageLocation | null
  /** Seals the keys of the certificate authority; null if the process does not need them. */
  authorityKey: MasterKey | null
  /** Seals the token signing keys; null if the process does not need them. */
  gatewayKey: MasterKey | null
  /**
   * Seals the keys of OCSP responders for processes that only publish; null if there are none, or if the process does not
   * need them.
   */
  publicationKey: MasterKey | null
  smtpPassword: string | null
  /**
   * Of the token with the keys of the certificate authority; null if there is none, or if the process does
   * not need it.
   */
  tokenPin: string | null
  /**
   * The secret of authorization requests from reverse proxies; null if none is required, or if the process
   * does not need it.
   */
  authorizerSecret: string | null
  /** Signs session cookies. */
  sessionKey: string | null
}
