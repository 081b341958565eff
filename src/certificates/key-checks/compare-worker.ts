import { type MessagePort, parentPort } from 'node:worker_threads'
import { type BlockComparison, compareBlocks } from './compare-blocks.ts'

const port = parentPort as MessagePort

port.on('message', (comparison: BlockComparison) => port.postMessage(compareBlocks(comparison)))
