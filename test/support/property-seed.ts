import fc from 'fast-check'

// The same run everywhere and each time; `POSTERN_SEED` chooses another, a failure prints its own.
fc.configureGlobal({ seed: Number(process.env.POSTERN_SEED ?? 1) })
