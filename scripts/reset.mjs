import { findNode, installDependencies, run } from './make-ready.mjs'

installDependencies()
run(findNode(), ['src/main.ts', 'reset', ...process.argv.slice(2)])
