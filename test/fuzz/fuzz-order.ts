/** What a worker is told. */
export interface FuzzOrder {
  reader: string
  corpus: Uint8Array[]
  seed: number
  milliseconds: number
  /** Where the input that is read now lies, for whoever finds the worker hanging. */
  present: SharedArrayBuffer
}

/** What a worker tells. */
export type FuzzReport =
  | { kind: 'new'; input: Uint8Array }
  | { kind: 'problem'; input: Uint8Array; problem: string }
  | { kind: 'end'; inputs: number; characters: number; slowest: { milliseconds: number; input: Uint8Array } }

/** The layout of `present`: a counter that moves with each input, its length, its octets. */
export const presentHeadOctets = 8
