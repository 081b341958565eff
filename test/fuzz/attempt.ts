/** What a part of a reader gives, or the error that it throws: the other parts are asked all the same. */
export function attempt(read: () => unknown): unknown {
  try {
    return read()
  } catch (error) {
    return error
  }
}
