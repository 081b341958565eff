import type { Config, Secrets } from '../../config/config.ts'
import type { Settings } from '../../config/read-settings.ts'

/** What the checks of an installation look at. */
export interface Ground {
  settings: Settings
  config: Config
  secrets: Pick<Secrets, 'storage' | 'smtpPassword'>
  /** The parts that run on this machine. */
  parts: { portal: boolean; gateway: boolean; publication?: boolean }
  now: number
}

/** What a check has found: a problem has its remedy in the same text; a remark needs none. */
export interface Finding {
  kind: 'problem' | 'remark'
  text: string
}

export const problem = (text: string): Finding => ({ kind: 'problem', text })
export const remark = (text: string): Finding => ({ kind: 'remark', text })
