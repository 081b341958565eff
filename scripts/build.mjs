import { buildPage, installDependencies } from './make-ready.mjs'

installDependencies()
buildPage()
