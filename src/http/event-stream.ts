import type { StreamMessage } from '../shapes/stream-message.ts'

/** An event that is sent under its type. */
interface Typed {
  type: string
}

/**
 * Server-sent events (WHATWG HTML, 9.2), one message per item of `messages`: `event:` is the type of the event as
 * `write` gives it, `data:` the event in JSON.
 */
export async function* toEventStream(
  messages: AsyncIterable<StreamMessage<unknown> | undefined>,
  write: (event: unknown) => unknown,
): AsyncGenerator<string> {
  for await (const message of messages) yield message === undefined ? ':\n\n' : toLines(message, write)
}

function toLines({ event, position }: StreamMessage<unknown>, write: (event: unknown) => unknown): string {
  const written = write(event) as Typed
  const id = position === undefined ? '' : `id: ${position}\n`
  return `${id}event: ${written.type}\ndata: ${JSON.stringify(written)}\n\n`
}
