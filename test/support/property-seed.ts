import fc from 'fast-check'

// A fixed seed makes every run the same; `POSTERN_SEED` sets another, and a failure prints its own.
fc.configureGlobal({ seed: Number(process.env.POSTERN_SEED ?? 1) })
