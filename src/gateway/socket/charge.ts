/** Where the work is charged that a client without an accepted certificate causes. */
export interface Charged {
  /** Charges the cost of so many ordinary handshakes in addition to its own. */
  charge(handshakes: number): void
}

/** CPU milliseconds of an ordinary handshake, by which other work is charged. */
export const handshakeMs = 0.5
