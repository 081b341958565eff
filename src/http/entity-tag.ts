import { createHash } from 'node:crypto'
import type { Operation } from '../contract/operation.ts'
import { PosternError } from '../errors.ts'

/**
 * Returns the strong entity tag (RFC 9110, section 8.8.3) of what `resource` reads: a hash of the representation as it
 * is sent. Returns undefined if `value` is something else.
 */
export function findEntityTag({ reply }: Operation, value: unknown): string | undefined {
  if (reply === null || !('safeParse' in reply)) return undefined
  const { success, data } = reply.safeParse(value)
  if (!success) return undefined
  return `"${createHash('sha256').update(JSON.stringify(data)).digest('base64url').slice(0, tagLength)}"`
}

/** 144 bits. */
const tagLength = 24

/** Entity tags that a request names (RFC 9110, sections 13.1.1 and 13.1.2). */
export interface NamedTags {
  /** Whether it names any by `*`. */
  any: boolean
  strong: readonly string[]
  weak: readonly string[]
}

const maxLength = 4096
const list = /^(?:W\/)?"[\x21\x23-\x7e\x80-\xff]*"(?:[ \t]*,[ \t]*(?:W\/)?"[\x21\x23-\x7e\x80-\xff]*")*$/
const one = /(W\/)?("[^"]*")/g

/** Reads the tags of a header; undefined if there is none. Throws `bad_request`. */
export function readEntityTags(headers: Headers, name: 'if-match' | 'if-none-match'): NamedTags | undefined {
  const value = headers.get(name)?.trim()
  if (value === undefined) return undefined
  if (value === '*') return { any: true, strong: [], weak: [] }
  if (value.length > maxLength || !list.test(value))
    throw new PosternError(
      'bad_request',
      `The header ${name === 'if-match' ? 'If-Match' : 'If-None-Match'} is not a list of entity tags. Send the ETag of an earlier answer with its quotation marks, or *.`,
    )
  const tags = [...value.matchAll(one)]
  return {
    any: false,
    strong: tags.filter(([, weak]) => weak === undefined).map(([, , tag]) => tag as string),
    weak: tags.filter(([, weak]) => weak !== undefined).map(([, , tag]) => tag as string),
  }
}

/** Returns whether `If-Match` holds for `tag`: by strong comparison, which no weak tag passes. */
export const isMatch = ({ any, strong }: NamedTags, tag: string | undefined): boolean =>
  any || (tag !== undefined && strong.includes(tag))

/** Returns whether `If-None-Match` holds for `tag`: by weak comparison. */
export const isNoneMatch = ({ any, strong, weak }: NamedTags, tag: string): boolean =>
  !any && !strong.includes(tag) && !weak.includes(tag)
