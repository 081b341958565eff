/** Returns a number with its noun, for a sentence: `1 second`, `1,200 calls`. `noun` forms its plural with an s. */
export const formatCount = (count: number, noun: string): string =>
  `${count.toLocaleString('en')} ${count === 1 ? noun : `${noun}s`}`
