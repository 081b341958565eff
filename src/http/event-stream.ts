/** Server-sent events (WHATWG HTML, 9.2), one unnamed `data:` message per item of `events`, as `write` gives it. */
export async function* toEventStream(
  events: AsyncIterable<unknown>,
  write: (event: unknown) => unknown,
): AsyncGenerator<string> {
  for await (const event of events)
    yield event === undefined ? ':\n\n' : `data: ${JSON.stringify(write(event))}\n\n`
}
