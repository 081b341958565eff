/** How a client of the table speaks TLS: as it does by itself, or in a way that ends in nothing. */
export type TlsMode = 'default' | 'lenient' | 'version' | 'cipher' | 'group' | 'untrusted'

/** One wrong set-up, as every client program reads it. */
export interface SetUp {
  name: string
  url: string
  method: string
  /** PEM; the leaf, and behind it what else is sent. Empty for no certificate. */
  certFile: string
  /** PKCS#8, PEM. */
  keyFile: string
  authorization: string
  /** Empty for the one in the address. */
  host: string
  tls: TlsMode
  /** What the client is answered; nothing where there is no connection to answer on. */
  status: number | null
  /** The code in the store, and in the answer where there is one; null where the store knows of no refusal. */
  code: string | null
  /** Whether it is about the certificate or the connection, so that the style `drop` leaves it without an answer. */
  isDroppable: boolean
  /** Whether the refusal is tied to the organization. */
  isOwned: boolean
}

/** What a client saw of a set-up. */
export interface Seen {
  status: number | null
  body: string
}

/** The columns of the file that client programs read, one set-up a line, parted by tabs. */
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

/** What client programs print: name, status and body, parted by tabs; the status is 0 where there was no answer. */
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
