import { type ConnectionOptions, connect } from 'node:tls'

/** The result of a stream: its status, or how it was ended. */
export type Http2Ending = { status: string } | { frame: 'RST_STREAM' | 'GOAWAY' } | { frame: 'closed' }

const types = { data: 0, headers: 1, reset: 3, settings: 4, goaway: 7 }

/**
 * Sends one HTTP/2 request with exactly these fields, including those that no library sends; returns the
 * result. A body that is broken off is reset instead of ended (RFC 9113, section 4.1; RFC 7541, section
 * 6.2.2: literal fields, not indexed, without Huffman coding).
 */
export function sendRawHttp2(
  options: ConnectionOptions,
  fields: readonly (readonly [string, string])[],
  body?: string,
  { isBrokenOff = false } = {},
): Promise<Http2Ending> {
  const socket = connect({ ...options, ALPNProtocols: ['h2'] })
  const block = Buffer.concat(fields.flatMap(([name, value]) => [Buffer.from([0]), text(name), text(value)]))
  const endHeaders = 4
  const endStream = 1
  socket.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')
  socket.write(frame(types.settings, 0, 0, Buffer.alloc(0)))
  socket.write(frame(types.headers, body === undefined ? endHeaders | endStream : endHeaders, 1, block))
  if (body !== undefined)
    socket.write(frame(types.data, isBrokenOff ? 0 : endStream, 1, Buffer.from(body, 'latin1')))
  if (isBrokenOff) setTimeout(() => socket.write(frame(types.reset, 0, 1, Buffer.from([0, 0, 0, 8]))), 100)
  return new Promise((resolve) => {
    if (isBrokenOff) setTimeout(() => finish({ frame: 'closed' }), 200)
    let rest = Buffer.alloc(0)
    const finish = (ending: Http2Ending) => {
      socket.destroy()
      resolve(ending)
    }
    socket.on('error', () => finish({ frame: 'closed' }))
    socket.once('close', () => finish({ frame: 'closed' }))
    socket.on('data', (chunk) => {
      rest = Buffer.concat([rest, chunk])
      while (rest.length >= 9 && rest.length >= 9 + rest.readUIntBE(0, 3)) {
        const end = 9 + rest.readUIntBE(0, 3)
        const [type, payload] = [rest[3], rest.subarray(9, end)]
        rest = rest.subarray(end)
        if (type === types.reset) finish({ frame: 'RST_STREAM' })
        if (type === types.goaway) finish({ frame: 'GOAWAY' })
        if (type === types.headers) finish({ status: readStatus(payload) })
      }
    })
  })
}

function frame(type: number, flags: number, stream: number, payload: Buffer): Buffer {
  const head = Buffer.alloc(9)
  head.writeUIntBE(payload.length, 0, 3)
  head[3] = type
  head[4] = flags
  head.writeUInt32BE(stream, 5)
  return Buffer.concat([head, payload])
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value, 'latin1')
  if (bytes.length > 126) {
    let rest = bytes.length - 127
    const length = [127]
    for (; rest >= 128; rest = Math.floor(rest / 128)) length.push((rest % 128) | 128)
    return Buffer.concat([Buffer.from([...length, rest]), bytes])
  }
  return Buffer.concat([Buffer.from([bytes.length]), bytes])
}

/** RFC 7541, appendix A: 8 to 14 are the statuses of the static table; others are a literal of index 8. */
function readStatus(block: Buffer): string {
  const indexed = ['200', '204', '206', '304', '400', '404', '500']
  const first = block[0] ?? 0
  if (first >= 0x88 && first <= 0x8e) return indexed[first - 0x88] as string
  return huffmanDigits(block)
}

/**
 * Decodes a status outside the table: three digits in Huffman code of five or six bits (RFC 7541, appendix
 * B).
 */
function huffmanDigits(block: Buffer): string {
  const length = (block[1] ?? 0) & 0x7f
  const bytes = block.subarray(2, 2 + length)
  if (((block[1] ?? 0) & 0x80) === 0) return bytes.toString('latin1')
  const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('')
  let digits = ''
  for (let at = 0; digits.length < 3; ) {
    const five = Number.parseInt(bits.slice(at, at + 5), 2)
    if (five <= 2) {
      digits += five
      at += 5
    } else {
      digits += Number.parseInt(bits.slice(at, at + 6), 2) - 0x19 + 3
      at += 6
    }
  }
  return digits
}
