import { crc32, inflateRawSync } from 'node:zlib'

/** Limit for unpacking: a pack may come from anyone. */
const maxOctets = 256 * 1024 * 1024
const maxFiles = 64
const end = { signature: 0x06054b50, length: 22 }
const central = { signature: 0x02014b50, length: 46 }
const local = { signature: 0x04034b50, length: 30 }
/** A name that every program reads as the same file of the same folder. */
const plainName = /^[a-z0-9][a-z0-9.-]{0,63}$/i
/** Info-ZIP Unicode Path Extra Field: a name that differs from the file name field. */
const unicodePath = 0x7075
const stored = 0
const deflated = 8

/**
 * Returns the files of a zip that every program reads alike (APPNOTE 6.3): each name once, regardless of
 * case, no folders, no octet outside of a file, and both headers of a file equal. Throws an Error that says
 * what differs.
 */
export function readZip(zip: Uint8Array): Map<string, Uint8Array> {
  const bytes = Buffer.from(zip.buffer, zip.byteOffset, zip.byteLength)
  const start = bytes.length - end.length
  // Without a comment the end of the directory has one possible position.
  if (start < 0 || bytes.readUInt32LE(start) !== end.signature)
    throw new Error('it is no zip, or goes on after its end')
  const count = bytes.readUInt16LE(start + 10)
  const directoryLength = bytes.readUInt32LE(start + 12)
  const directoryStart = bytes.readUInt32LE(start + 16)
  const isWhole =
    bytes.readUInt32LE(start + 4) === 0 &&
    bytes.readUInt16LE(start + 8) === count &&
    bytes.readUInt16LE(start + 20) === 0 &&
    directoryStart + directoryLength === start
  if (!isWhole || count > maxFiles) throw new Error('its directory is not whole')
  return readEntries(bytes, directoryStart, start, count)
}

function readEntries(
  bytes: Buffer,
  directoryStart: number,
  directoryEnd: number,
  count: number,
): Map<string, Uint8Array> {
  const files = new Map<string, Uint8Array>()
  const seen = new Set<string>()
  let [position, expectedStart, octets] = [directoryStart, 0, 0]
  for (let read = 0; read < count; read += 1) {
    const entry = readCentral(bytes, position, directoryEnd)
    if (!plainName.test(entry.name)) throw new Error('it holds a file whose name is not a plain one')
    if (seen.has(entry.name.toLowerCase())) throw new Error(`it holds ${entry.name} twice`)
    seen.add(entry.name.toLowerCase())
    octets += entry.size
    if (octets > maxOctets) throw new Error('it is larger than any pack')
    // Each file begins where the previous one ends, so that nothing is hidden in between.
    if (entry.start !== expectedStart) throw new Error(`it holds something else before ${entry.name}`)
    const { dataStart, dataEnd } = readLocal(bytes, entry, directoryStart)
    files.set(entry.name, unpack(bytes.subarray(dataStart, dataEnd), entry))
    position = entry.next
    expectedStart = dataEnd
  }
  if (position !== directoryEnd || expectedStart !== directoryStart)
    throw new Error('it holds something that is no file')
  return files
}

interface Entry {
  name: string
  method: number
  crc: number
  packed: number
  size: number
  start: number
  next: number
}

function readCentral(bytes: Buffer, at: number, directoryEnd: number): Entry {
  if (at + central.length > directoryEnd || bytes.readUInt32LE(at) !== central.signature)
    throw new Error('its directory is not whole')
  const nameLength = bytes.readUInt16LE(at + 28)
  const extraLength = bytes.readUInt16LE(at + 30)
  const commentLength = bytes.readUInt16LE(at + 32)
  const nameEnd = at + central.length + nameLength
  assertExtraIsHarmless(bytes.subarray(nameEnd, nameEnd + extraLength))
  return {
    name: bytes.toString('latin1', at + central.length, nameEnd),
    method: readMethod(bytes, at + 8),
    crc: bytes.readUInt32LE(at + 16),
    packed: bytes.readUInt32LE(at + 20),
    size: bytes.readUInt32LE(at + 24),
    start: bytes.readUInt32LE(at + 42),
    next: nameEnd + extraLength + commentLength,
  }
}

/** Only some programs read encryption, sizes after the data, and other methods. */
function readMethod(bytes: Buffer, flagsAt: number): number {
  const [flags, method] = [bytes.readUInt16LE(flagsAt), bytes.readUInt16LE(flagsAt + 2)]
  if ((flags & 0b1001) !== 0 || (method !== stored && method !== deflated))
    throw new Error('a file is packed in a way that packs are not')
  return method
}

function readLocal(bytes: Buffer, { name, method, crc, packed, size, start }: Entry, most: number) {
  if (start + local.length > most || bytes.readUInt32LE(start) !== local.signature)
    throw new Error(`${name} is not where the directory says`)
  const nameLength = bytes.readUInt16LE(start + 26)
  const nameEnd = start + local.length + nameLength
  const dataStart = nameEnd + bytes.readUInt16LE(start + 28)
  const isSame =
    bytes.toString('latin1', start + local.length, nameEnd) === name &&
    readMethod(bytes, start + 6) === method &&
    bytes.readUInt32LE(start + 14) === crc &&
    bytes.readUInt32LE(start + 18) === packed &&
    bytes.readUInt32LE(start + 22) === size
  if (!isSame || dataStart + packed > most) throw new Error(`${name} is described in two ways`)
  assertExtraIsHarmless(bytes.subarray(nameEnd, dataStart))
  return { dataStart, dataEnd: dataStart + packed }
}

function assertExtraIsHarmless(extra: Buffer): void {
  for (let at = 0; at < extra.length; ) {
    if (at + 4 > extra.length || extra.readUInt16LE(at) === unicodePath)
      throw new Error('a file has another name beside its own')
    at += 4 + extra.readUInt16LE(at + 2)
  }
}

function unpack(data: Buffer, { name, method, crc, size }: Entry): Uint8Array {
  const content = method === stored ? data : inflate(data, name, size)
  if (content.length !== size || crc32(content) !== crc) throw new Error(`${name} is damaged`)
  return new Uint8Array(content)
}

function inflate(data: Buffer, name: string, size: number): Buffer {
  try {
    return inflateRawSync(data, { maxOutputLength: Math.max(size, 1) })
  } catch {
    throw new Error(`${name} is damaged`)
  }
}
