import { DerReader } from '../../src/pki/der/der-reader.ts'

/** Reads one value that must be the complete input. */
export function readWhole<T>(input: Uint8Array, read: (whole: DerReader) => T): T {
  const whole = new DerReader(input, 'certificate_malformed')
  const result = read(whole)
  whole.assertEnd()
  return result
}
