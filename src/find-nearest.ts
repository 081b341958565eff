/** Longer words are no slip of a known name, and comparing them would cost work. */
const maxWord = 64

/** The name of `known` that a person most likely meant by `word`; undefined where none is near. */
export function findNearest(word: string, known: readonly string[]): string | undefined {
  if (word.length > maxWord) return undefined
  const ranked = known.map((name) => ({
    name,
    distance: editDistance(word.toLowerCase(), name.toLowerCase()),
  }))
  ranked.sort((a, b) => a.distance - b.distance)
  const best = ranked[0]
  const farthest = word.length < 3 ? 1 : Math.max(2, word.length / 2)
  return best !== undefined && best.distance <= farthest ? best.name : undefined
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1))
    }
    row = next
  }
  return row[b.length] ?? 0
}
