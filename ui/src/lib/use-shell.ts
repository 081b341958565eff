import { useLocalStorage } from '@mantine/hooks'
import { type Shell, shells } from '../../../src/kits/openssl-command.ts'

const isWindows = navigator.userAgent.includes('Windows')

/** Returns the shell for commands; this browser stores the choice. */
export function useShell(): [Shell, (shell: Shell) => void] {
  const [shell, setShell] = useLocalStorage<string>({
    key: 'postern.shell',
    defaultValue: isWindows ? 'powershell' : 'posix',
    getInitialValueInEffect: false,
  })
  return [shells.find(({ id }) => id === shell)?.id ?? 'posix', setShell]
}
