/** How a client of the table speaks TLS: in its default way, or in a way that fails. */
export type TlsMode = 'default' | 'lenient' | 'version' | 'cipher' | 'group' | 'untrusted'

/** One wrong set-up, as every client program reads it. */
export interface SetUp {
  name: string
  url: string
  method: string
  /** PEM; the leaf followed by what else is sent. Empty for no certificate. */
  certFile: string
  /** PKCS#8, PEM. */
  keyFile: string
  authorization: string
  /** Empty for the one in the URL. */
  host: string
  tls: TlsMode
  /** The expected status; undefined if there is no connection for a response. */
  status: number | null
  /** The code in the store, and in the response if there is one; null if the store has no denial. */
  code: string | null
  /**
   * Whether the denial concerns the certificate or the connection, so that the style `drop` sends no
   * response.
   */
  isDroppable: boolean
  /** Whether the denial is attributed to the organization. */
  isOwned: boolean
}

/** The result of a set-up at a client. */
export interface Seen {
  status: number | null
  body: string
}

/** Formats the file that client programs read, one set-up per line, columns separated by tabs. */
export function toLines(
  setUps: readonly SetUp[],
  caFile: string,
  traceIdOf: (setUp: SetUp) => string,
): string {
  return setUps
    .map((setUp) =>
      [
        ...[setUp.name, setUp.url, setUp.method, setUp.certFile, setUp.keyFile, caFile],
        ...[`00-${traceIdOf(setUp)}-${'1'.repeat(16)}-01`, setUp.authorization, setUp.host, setUp.tls],
      ].join('\t'),
    )
    .join('\n')
}

/**
 * Parses the output of client programs: name, status and body, separated by tabs; status 0 if there was no
 * response.
 */
export function fromLines(text: string): Map<string, Seen> {
  return new Map(
    text
      .split('\n')
      .filter((line) => line.includes('\t'))
      .map((line) => {
        const [name = '', status = '', body = ''] = line.split('\t')
        return [name, { status: Number(status) || null, body }] as const
      }),
  )
}
