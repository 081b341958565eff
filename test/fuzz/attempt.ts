/**
 * Returns the value of one part of a reader, or the error that it throws, so that the other parts are still
 * read.
 */
export function attempt(read: () => unknown): unknown {
  try {
    return read()
  } catch (error) {
    return error
  }
}
