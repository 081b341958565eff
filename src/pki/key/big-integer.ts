/** The greatest common divisor of two numbers that are not negative. */
export function gcd(a: bigint, b: bigint): bigint {
  let [larger, smaller] = [a, b]
  while (smaller > 0n) [larger, smaller] = [smaller, larger % smaller]
  return larger
}

/** The whole part of the square root of a number that is not negative. */
export function squareRoot(value: bigint): bigint {
  if (value < 2n) return value
  // Newton's method comes down from a guess above: with n digits of four bits the root is below 2²ⁿ.
  let guess = 1n << BigInt(value.toString(16).length * 2)
  for (;;) {
    const next = (guess + value / guess) >> 1n
    if (next >= guess) return guess
    guess = next
  }
}

/** 63 · 65 · 11: few numbers that are no squares look like one to these three. */
const sieve = 45_045

const squareRests = new Set(Array.from({ length: sieve }, (_, i) => (i * i) % sieve))

/** Whether a number that is not negative is the square of a whole number. */
export function isSquare(value: bigint): boolean {
  return squareRests.has(Number(value % BigInt(sieve))) && squareRoot(value) ** 2n === value
}
