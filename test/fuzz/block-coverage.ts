import { Session } from 'node:inspector'

interface CoverageRange {
  startOffset: number
  endOffset: number
  count: number
}
interface CoverageScript {
  url: string
  functions: { ranges: CoverageRange[] }[]
}

/** Which characters of which sources ran: 1 for each that did. */
export type Picture = Map<string, Uint8Array>

/** A measurement of what runs in this thread, by V8's precise block coverage. */
export interface BlockCoverage {
  /** Returns what ran since the last call. */
  take(): Picture
  close(): void
}

/** Measures the files whose URL contains one of `parts`. */
export function openBlockCoverage(parts: readonly string[]): BlockCoverage {
  const session = new Session()
  session.connect()
  session.post('Profiler.enable')
  session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true })
  return {
    take() {
      let scripts: CoverageScript[] = []
      session.post('Profiler.takePreciseCoverage', (error, answer) => {
        if (error) throw error
        scripts = answer.result
      })
      const watched = scripts.filter(({ url }) => parts.some((part) => url.includes(part)))
      return new Map(watched.map((script) => [script.url, paint(script)]))
    },
    close: () => session.disconnect(),
  }
}

/** Functions and their blocks are ordered from outer to inner, and the innermost is decisive. */
function paint({ functions }: CoverageScript): Uint8Array {
  const ran = new Uint8Array(Math.max(0, ...functions.map(({ ranges }) => ranges[0]?.endOffset ?? 0)))
  for (const { ranges } of functions)
    for (const { startOffset, endOffset, count } of ranges)
      ran.fill(count > 0 ? 1 : 0, startOffset, endOffset)
  return ran
}

/** Returns what `picture` has in addition to `known`; undefined if there is nothing. */
export function findNew(known: Picture, picture: Picture): Picture | undefined {
  const fresh: Picture = new Map()
  for (const [url, ran] of picture) {
    const old = known.get(url)
    const added = old ? ran.map((mark, i) => mark & ~(old[i] ?? 0)) : ran
    if (added.includes(1)) fresh.set(url, added)
  }
  return fresh.size > 0 ? fresh : undefined
}

/** Adds what ran to what is known. */
export function addPicture(known: Picture, picture: Picture): void {
  for (const [url, ran] of picture) {
    const old = known.get(url) ?? new Uint8Array()
    const [longer, shorter] = old.length > ran.length ? [old, ran] : [ran, old]
    known.set(
      url,
      longer.map((mark, i) => mark | (shorter[i] ?? 0)),
    )
  }
}

/** Returns whether all of `part` ran in `picture`. */
export const covers = (picture: Picture, part: Picture): boolean => findNew(picture, part) === undefined

/** Counts the characters that ran. */
export const countRan = (picture: Picture): number =>
  [...picture.values()].reduce((sum, ran) => sum + ran.reduce((count, mark) => count + mark, 0), 0)
