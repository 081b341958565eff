import { spawn } from 'node:child_process'
import { buildPage, environment, findNode, installDependencies, root } from './make-ready.mjs'

installDependencies()
buildPage()
const postern = spawn(findNode(), ['src/main.ts', 'serve', ...process.argv.slice(2)], {
  cwd: root,
  env: environment,
  stdio: 'inherit',
})
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => postern.kill(signal))
// npm that is ended by a signal reports it to its shell, which reports it nowhere.
const parent = process.ppid
setInterval(() => process.ppid !== parent && postern.kill('SIGTERM'), 500).unref()
postern.on('exit', (code, signal) => process.exit(signal === null ? (code ?? 1) : 1))
