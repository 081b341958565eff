/** One server-sent event: what it says, and where a client continues that has received everything up to it. */
export interface StreamMessage<T> {
  event: T
  /** What the client sends as `Last-Event-ID`; left out where the one before stays. One line of ASCII. */
  position?: string | undefined
}
