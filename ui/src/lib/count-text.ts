/** Returns a number with the words that belong to it: `1 request was`, `1,200 requests were`. */
export const countText = (count: number, one: string, several: string): string =>
  `${count.toLocaleString('en')} ${count === 1 ? one : several}`
