/** Server-sent events (WHATWG HTML, 9.2), one unnamed `data:` message per item of `events`. */
export async function* toEventStream(events: AsyncIterable<unknown>): AsyncGenerator<string> {
  for await (const event of events) yield event === undefined ? ':\n\n' : `data: ${JSON.stringify(event)}\n\n`
}
