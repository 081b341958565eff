import type { Random } from './random.ts'

const pieces = [
  '-----BEGIN CERTIFICATE REQUEST-----\n',
  '-----END CERTIFICATE REQUEST-----\n',
  '-----BEGIN NEW CERTIFICATE REQUEST-----\n',
  '-----BEGIN PRIVATE KEY-----\n',
  '-----END PRIVATE KEY-----\n',
  '-----BEGIN CERTIFICATE-----\n',
  '-----BEGIN ',
  '-----END ',
  '-----',
  '\r\n',
  '\r',
  '\n\n',
  '\\n',
  ' ',
  '\t',
  '\0',
  '\ufeff',
  '\u200b',
  '\u2028',
  'Proc-Type: 4,ENCRYPTED\n\n',
  ':',
  '=',
  '==',
  'MIIB',
  'LS0tLS1CRUdJTi',
  'b3BlbnNzaC1rZXktdjE',
  '"kty"',
  '"d":',
  '<RSAKeyValue>',
  '<D>',
  'PuTTY-User-Key-File-2: ',
  'ssh-ed25519 ',
  '{',
  '<',
  'Certificate Request:\n',
  'CN=',
  '2.5.4.3=',
  ',',
  '+',
  ';',
  '\\',
  '"',
  '\\2C',
  '\\c3\\a4',
  '#0c0161',
  '::',
  '::ffff:',
  '192.0.2.1',
  '0',
] as const

type Change = (random: Random, text: string, at: number, other: string) => string

const changes: readonly Change[] = [
  (random, text, at) => text.slice(0, at) + random.pick(pieces) + text.slice(at),
  (random, text, at) => text.slice(0, at) + text.slice(at + 1 + random.below(40)),
  (_, text, at) => text.slice(0, at),
  (_, text, at) => text.slice(at),
  (random, text, at) => {
    const part = text.slice(at, at + 1 + random.below(100))
    return text.slice(0, at) + part.repeat(1 + random.below(8)) + text.slice(at)
  },
  (random, text, at) => text.slice(0, at) + String.fromCharCode(random.below(0x180)) + text.slice(at + 1),
  (_, text) => text.replaceAll('\n', '\r\n'),
  (_, text) => text.replaceAll('\n', '\\n'),
  (_, text) => text.replaceAll('\n', ''),
  (_, text) => `\ufeff${text}`,
  (_, text) => text.replaceAll(/^/gm, '  '),
  (_, text) => text.toLowerCase(),
  (_, text, at) => text.slice(0, at) + text.slice(at).split('\n').reverse().join('\n'),
  (random, text, at, other) => text.slice(0, at) + other.slice(random.below(other.length + 1)),
  (_, text, __, other) => `${text}\n${other}`,
  (_, text) => btoa(String.fromCharCode(...new TextEncoder().encode(text.slice(0, 4000)))),
]

const encoder = new TextEncoder()
const decoder = new TextDecoder()

/** Returns `bytes` as text with one to four changes; sometimes in UTF-16. */
export function mutateText(random: Random, bytes: Uint8Array, other: Uint8Array): Uint8Array {
  let text = decoder.decode(bytes)
  const donor = decoder.decode(other)
  for (let count = 1 + random.below(4); count > 0; count -= 1) {
    const lines = [0, ...[...text.matchAll(/\n/g)].map(({ index }) => index + 1)]
    const at = random.once(2) ? random.pick(lines) : random.below(text.length + 1)
    text = random.pick(changes)(random, text, at, donor)
  }
  return random.once(30) ? toUtf16(text, random) : encoder.encode(text)
}

function toUtf16(text: string, random: Random): Uint8Array {
  const marked = random.once(4) ? text : `\ufeff${text}`
  const isBigEndian = random.once(2)
  const bytes = new Uint8Array(marked.length * 2)
  const view = new DataView(bytes.buffer)
  for (let i = 0; i < marked.length; i += 1) view.setUint16(i * 2, marked.charCodeAt(i), !isBigEndian)
  return bytes
}
