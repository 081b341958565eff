/** Where the work is charged that a client without an accepted certificate causes. */
export interface Charged {
  /** It has cost as much as so many ordinary handshakes beside its own. */
  charge(handshakes: number): void
}

/** Milliseconds of CPU of an ordinary handshake, by which other work is charged. */
export const handshakeMilliseconds = 0.5
