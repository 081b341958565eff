/** Returns the greatest common divisor of two non-negative numbers. */
export function gcd(a: bigint, b: bigint): bigint {
  let [larger, smaller] = [a, b]
  while (smaller > 0n) [larger, smaller] = [smaller, larger % smaller]
  return larger
}

/** Returns the integer part of the square root of a non-negative number. */
export function squareRoot(value: bigint): bigint {
  if (value < 2n) return value
  // Newton's method descends from a guess above the root: with n digits of four bits the root is below 2²ⁿ.
  let guess = 1n << BigInt(value.toString(16).length * 2)
  for (;;) {
    const next = (guess + value / guess) >> 1n
    if (next >= guess) return guess
    guess = next
  }
}

/** 63 · 65 · 11: few numbers that are not squares look like one modulo these three. */
const sieve = 45_045

const squareRests = new Set(Array.from({ length: sieve }, (_, i) => (i * i) % sieve))

/** Returns whether a non-negative number is the square of an integer. */
export function isSquare(value: bigint): boolean {
  return squareRests.has(Number(value % BigInt(sieve))) && squareRoot(value) ** 2n === value
}
