import { expect, inject, onTestFinished, test } from 'vitest'
import { createPostgresDatabase } from '../support/postgres.ts'
import { prepareProduction } from '../support/production.ts'

const email = 'ada@provider.example'

test.each(['sqlite', 'postgres'] as const)(
  'a new production store gets its operators from the command line, running and stopped (%s)',
  { timeout: 240_000 },
  async (engine) => {
    const place = await prepareProduction({ storage: { engine } })
    if (engine === 'postgres')
      place.variables.POSTERN_DATABASE_URL = await createPostgresDatabase(inject('postgresUrl'))
    const operator = async (...commandLine: string[]) => {
      const run = place.run('operator', ...commandLine)
      return { exitCode: await run.exitCode, output: run.output() }
    }
    const create = async (...options: string[]) => {
      const { exitCode, output } = await operator('create', email, ...options)
      const token = /^https:\/\/portal\.provider\.example\/set-password#token=([\w-]{43})$/m.exec(output)?.[1]
      return { exitCode, token: token ?? '' }
    }
    const early = await operator('create', email)
    expect([early.exitCode, early.output]).toEqual([1, expect.stringContaining('Start Postern once')])

    const postern = await place.start('--portal')
    onTestFinished(() => postern.stop())
    expect(postern.output()).toContain('postern operator create EMAIL')
    const choosePassword = async (token: string, newPassword: string) => {
      const answer = await fetch(`${place.portalUrl}/api/v1/links/password-reset`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ token, newPassword }),
      })
      return { status: answer.status, body: (await answer.json()) as Record<string, unknown> }
    }
    const [first, second] = [await create('--name', "Ada O'Neil"), await create()]
    expect([first.exitCode, second.exitCode]).toEqual([0, 0])
    expect(await choosePassword(first.token, 'a password for Ada')).toMatchObject({
      status: 400,
      body: { code: 'link_invalid' },
    })
    expect(await choosePassword(second.token, 'a password of an operator')).toMatchObject({
      status: 200,
      body: { email, name: "Ada O'Neil", operatorRole: 'operator' },
    })
    expect((await choosePassword(second.token, 'another password of hers')).status).toBe(400)
    expect(postern.output()).not.toContain(second.token)
    expect((await operator('create', 'no address')).exitCode).toBe(1)
    expect((await operator('create', email, '--role', 'king')).output).toContain('operator, auditor')

    await postern.end()
    expect((await create()).token).not.toBe('')
    const listed = JSON.parse((await operator('list', '--json')).output)
    expect(listed).toMatchObject([{ email, role: 'operator', hasPassword: true }])
    const kept = await operator('remove', email)
    expect([kept.exitCode, kept.output]).toEqual([1, expect.stringContaining('the last operator')])
    expect((await operator('remove', email, '--yes')).exitCode).toBe(0)
    expect((await operator('list')).output).toContain('there is no operator')
  },
)
