import { DerReader } from '../../src/pki/der/der-reader.ts'

/** Takes one thing that must be all there is. */
export function readWhole<T>(input: Uint8Array, read: (whole: DerReader) => T): T {
  const whole = new DerReader(input, 'certificate_malformed')
  const result = read(whole)
  whole.assertEnd()
  return result
}
