import { buildPage, findNode, installDependencies, root, run } from './make-ready.mjs'

/** What `npm run pack` and `npm run image` write. */
const scripts = { archive: 'package/write-package.ts', image: 'image/write-image.ts' }

const [kind, ...rest] = process.argv.slice(2)
installDependencies()
buildPage()
// Node says of its type stripping, which also runs Postern from a checkout, that its interface may change.
run(findNode(), ['--disable-warning=ExperimentalWarning', `${root}/scripts/${scripts[kind]}`, ...rest])
