import { listElements, readTree, type TreeElement, writeTree } from './element-tree.ts'
import type { Random } from './random.ts'

const usualTags = [
  0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x0a, 0x0c, 0x12, 0x13, 0x14, 0x16, 0x17, 0x18, 0x1a, 0x1c, 0x1e, 0x1f,
  0x24, 0x30, 0x31, 0x80, 0x81, 0x82, 0x86, 0x87, 0x88, 0xa0, 0xa1, 0xa2, 0xa3, 0xa4, 0xa5,
]

type Change = (random: Random, list: TreeElement[], index: number, other: readonly TreeElement[]) => void

const encoder = new TextEncoder()
const bytesOf = (...octets: number[]) => Uint8Array.from(octets)

/** Values at the limits of the types. */
const contents: readonly Uint8Array[] = [
  bytesOf(),
  bytesOf(0),
  bytesOf(1),
  bytesOf(0x7f),
  bytesOf(0x80),
  bytesOf(0xff),
  bytesOf(0, 0),
  bytesOf(0, 0x80),
  bytesOf(0xff, 0x80),
  bytesOf(0xff, 0x7f),
  bytesOf(0x80, 0x01),
  bytesOf(0x7f, 0xff, 0xff, 0xff),
  bytesOf(0, 0x80, 0, 0, 0),
  bytesOf(7, 0x80),
  bytesOf(8, 0),
  new Uint8Array(20).fill(0x7f),
  new Uint8Array(21).fill(0x7f),
  new Uint8Array(64).fill(0x81),
  bytesOf(0xed, 0xa0, 0x80),
  bytesOf(0xc0, 0xaf),
  bytesOf(0xef, 0xbb, 0xbf, 0x61),
  bytesOf(0xd8, 0x3d, 0xde, 0),
  bytesOf(0, 0x11, 0, 0),
  ...['491231235959Z', '500101000000Z', '000229000000Z', '010229000000Z', '240229235960Z', '9912312359Z'].map(
    (text) => encoder.encode(text),
  ),
  ...['20491231235959Z', '20500101000000Z', '99991231235959Z', '00000101000000Z', '20240101000000.5Z'].map(
    (text) => encoder.encode(text),
  ),
]

/** Lengths that DER forbids, or wrong ones. */
const headers: readonly ((random: Random) => NonNullable<TreeElement['writeHeader']>)[] = [
  () => (tag) => bytesOf(tag, 0x80),
  () => (tag, length) => bytesOf(tag, 0x82, (length >> 8) & 0xff, length & 0xff),
  () => (tag, length) => bytesOf(tag, 0x84, 0, 0, (length >> 8) & 0xff, length & 0xff),
  () => (tag) => bytesOf(tag, 0xff),
  () => (tag) => bytesOf(tag, 0x84, 0xff, 0xff, 0xff, 0xff),
  () => (tag, length) => bytesOf(tag, 0x89, 1, 0, 0, 0, 0, 0, 0, (length >> 8) & 0xff, length & 0xff),
  (random) => {
    const wrong = random.pick([-3, -2, -1, 1, 2, 3, 50])
    return (tag, length) => {
      const said = Math.max(0, length + wrong)
      return said < 0x80 ? bytesOf(tag, said) : bytesOf(tag, 0x82, (said >> 8) & 0xff, said & 0xff)
    }
  },
  () => (tag, length) => bytesOf(tag | 0x1f, tag & 0x1f, length & 0x7f),
]

const changes: readonly Change[] = [
  (random, list, index) => {
    const element = list[index] as TreeElement
    element.tag = random.once(4) ? random.below(256) : random.pick(usualTags)
  },
  (random, list, index) => {
    ;(list[index] as TreeElement).content = random.pick(contents)
  },
  (random, list, index) => {
    const element = list[index] as TreeElement
    if (element.content instanceof Uint8Array) element.content = changeOctets(random, element.content)
  },
  (random, list, index) => {
    ;(list[index] as TreeElement).writeHeader = random.pick(headers)(random)
  },
  (_, list, index) => {
    list.splice(index, 1)
  },
  (random, list, index) => {
    const copies = Array<TreeElement>(random.once(5) ? 1 + random.below(40) : 1)
    list.splice(index, 0, ...copies.fill(list[index] as TreeElement))
  },
  (_, list, index) => {
    const [element] = list.splice(index, 1)
    list.splice(Math.max(0, index - 1), 0, element as TreeElement)
  },
  (random, list, index) => {
    let nested = list[index] as TreeElement
    for (let levels = random.once(5) ? 20 : 1; levels > 0; levels -= 1)
      nested = { tag: random.pick([0x30, 0x31, 0xa0, 0xa3, 0x24]), content: [nested] }
    list[index] = nested
  },
  (_, list, index) => {
    const { content } = list[index] as TreeElement
    if (!(content instanceof Uint8Array)) list.splice(index, 1, ...content)
  },
  (random, list, index, other) => {
    if (other.length > 0) list.splice(index, random.below(2), structuredClone(random.pick(other)))
  },
  (random, list, index, other) => {
    const element = list[index] as TreeElement
    const same = other.filter(({ tag }) => tag === element.tag)
    if (same.length > 0) list[index] = structuredClone(random.pick(same))
  },
]

function changeOctets(random: Random, bytes: Uint8Array): Uint8Array {
  const changed = Uint8Array.from(bytes)
  if (changed.length > 0)
    changed[random.below(changed.length)] = random.pick([0, 1, 0x30, 0x7f, 0x80, 0xff, random.below(256)])
  return random.once(3) ? changed.subarray(0, random.below(changed.length + 1)) : changed
}

/** Returns `bytes` with one to four changes of whole elements, sometimes with an element of `other`. */
export function mutateElements(random: Random, bytes: Uint8Array, other: Uint8Array): Uint8Array {
  const tree = readTree(bytes)
  const donors = listElements(readTree(other)).map(({ list, index }) => list[index] as TreeElement)
  for (let count = 1 + random.below(4); count > 0; count -= 1) {
    const places = listElements(tree)
    if (places.length === 0) break
    const { list, index } = random.pick(places)
    random.pick(changes)(random, list, index, donors.map(withoutHeader))
  }
  return writeTree(tree)
}

const withoutHeader = ({ tag, content, prefix }: TreeElement): TreeElement =>
  prefix ? { tag, content, prefix } : { tag, content }
