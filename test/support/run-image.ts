import { spawn } from 'node:child_process'
import { chownSync, mkdirSync } from 'node:fs'
import { userId } from '../../scripts/image/fill-base.ts'
import { podmanOptions } from './podman-options.ts'

/**
 * Runs `postern` with the arguments of this process in a container of an image, as a platform does that trusts nothing:
 * read-only, without capabilities, as the user of the image. The environment variables are those that tests start
 * Postern with; POSTERN_TEST_STORE is where podman keeps the image.
 */
const { POSTERN_DATA: data = '', POSTERN_CONFIG: config = '', POSTERN_TEST_STORE: store = '' } = process.env
mkdirSync(data, { recursive: true })
chownSync(data, userId, userId)
const given = Object.keys(process.env).filter((name) => name.startsWith('POSTERN_'))
const container = spawn(
  'podman',
  [
    ...podmanOptions(store),
    ...['run', '--rm', '--log-driver', 'none', '--network', 'host', '--cgroupns', 'host'],
    ...['--ulimit', 'nofile=4096:4096', '--ulimit', 'nproc=4096:4096'],
    ...['--read-only', '--read-only-tmpfs=false', '--cap-drop', 'all', '--security-opt', 'no-new-privileges'],
    ...given.flatMap((name) => ['--env', name]),
    ...['--volume', `${config}:${config}:ro`, '--volume', `${data}:${data}`],
    ...['localhost/postern:0.1.0', ...process.argv.slice(2)],
  ],
  { stdio: 'inherit' },
)
process.on('SIGTERM', () => container.kill('SIGTERM'))
container.once('exit', (code) => process.exit(code ?? 1))
