import type { Config } from '../config/config.ts'
import { PosternError } from '../errors.ts'
import { assertPortsFree } from './assert-ports-free.ts'

/** Throws `conflict` if portal or gateways run on this machine. */
export async function assertStopped(config: Config): Promise<void> {
  await assertPortsFree(config, { portal: true, gateway: true, publication: true }).catch((cause) => {
    throw new PosternError('conflict', 'Postern is running here. Stop it first.', { cause })
  })
}
