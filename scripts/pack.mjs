import { buildPage, findNode, installDependencies, root, run } from './make-ready.mjs'

installDependencies()
buildPage()
// Node says of its type stripping, which also runs Postern from a checkout, that its interface may change.
run(findNode(), [
  '--disable-warning=ExperimentalWarning',
  `${root}/scripts/package/write-package.ts`,
  ...process.argv.slice(2),
])
