/** What a worker is told to do. */
export interface FuzzOrder {
  reader: string
  corpus: Uint8Array[]
  seed: number
  milliseconds: number
  /** Shared memory with the current input, in case the worker hangs. */
  present: SharedArrayBuffer
}

/** What a worker reports. */
export type FuzzReport =
  | { kind: 'new'; input: Uint8Array }
  | { kind: 'problem'; input: Uint8Array; problem: string }
  | { kind: 'end'; inputs: number; characters: number; slowest: { milliseconds: number; input: Uint8Array } }

/** The layout of `present`: a counter that increases with each input, its length, its octets. */
export const presentHeadOctets = 8
