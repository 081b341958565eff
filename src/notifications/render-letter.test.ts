import fc from 'fast-check'
import { expect, test } from 'vitest'
import { writeBody } from '../shapes/email.ts'
import { renderLetter } from './render-letter.ts'

const portalUrl = 'https://portal.example'
const render = (lines: readonly string[], link = `${portalUrl}/o/acme`, action: string | null = null) =>
  renderLetter({ subject: 'News', body: writeBody(lines, link), action }, portalUrl)
const linksOf = (html: string) => [...html.matchAll(/href="([^"]*)"/g)].map(([, link]) => link)

test('an email has one button, to the link of its text, and loads nothing', () => {
  const { html } = render(
    ['Certificate acme-0001 is ready.'],
    `${portalUrl}/o/acme#token=x`,
    'Open certificate',
  )
  expect(linksOf(html)).toEqual([`${portalUrl}/o/acme#token=x`])
  expect(html).toContain('>Open certificate</a>')
  expect(html).toContain('<meta name="color-scheme" content="light dark">')
  expect(html).not.toMatch(
    /<(?:img|script|link|iframe|form|input|video|svg)\b|\bsrc=|url\(|@import|@font-face/i,
  )
})

test('an email that one may do without ends with the link to unsubscribe, which is no button', () => {
  const letter = { subject: 'News', body: writeBody(['x'], `${portalUrl}/o/acme`), action: null }
  const { html, text } = renderLetter({ ...letter, token: 'abc' }, portalUrl)
  const link = `${portalUrl}/unsubscribe#token=abc`
  expect(text.endsWith(`Postern\n\nUnsubscribe from these emails:\n${link}`)).toBe(true)
  expect(linksOf(html)).toEqual([`${portalUrl}/o/acme`, link])
  expect(html.match(/class="button"/g)).toHaveLength(1)
})

test('what users wrote is text and never a link, a button or markup', () => {
  const evil = `<script>alert(1)</script> "O'Neil & Co" ${portalUrl}/evil`
  const { html, text } = render(['Reason:', evil, '', `${portalUrl}/evil`, '', 'https://attacker.example/'])
  expect(html).not.toContain('<script')
  expect(html).toContain('&lt;script&gt;alert(1)&lt;/script&gt; &quot;O&#39;Neil &amp; Co&quot;')
  expect(linksOf(html)).toEqual([`${portalUrl}/o/acme`])
  expect(text).toContain('<script>alert(1)</script>')
  const foreign = render(['x'], 'https://portal.example.attacker.example/')
  expect(linksOf(foreign.html)).toEqual([])
  expect(linksOf(render(['x'], 'javascript:alert(1)').html)).toEqual([])
})

test('the text fits a terminal and comes back unchanged where lines that go on are joined', () => {
  const word = fc.string({ unit: fc.constantFrom(...'aż<&-東😀'), minLength: 1, maxLength: 30 })
  const line = fc.array(word, { maxLength: 40 }).map((words) => words.join(' '))
  fc.assert(
    fc.property(fc.array(line, { maxLength: 5 }), (lines) => {
      const body = writeBody(lines, `${portalUrl}/${'long/'.repeat(30)}`)
      const { text } = renderLetter({ subject: '', body, action: null }, portalUrl)
      for (const one of text.split('\n'))
        if (one.trim().includes(' ')) expect([...one].length).toBeLessThanOrEqual(74)
      const joined = text
        .split('\n')
        .map((one) => one.replace(/^ /, ''))
        .reduce((all, one, index, every) => {
          const goesOn = index > 0 && every[index - 1]?.endsWith(' ')
          return index === 0 || goesOn ? all + one : `${all}\n${one}`
        }, '')
      expect(joined).toBe(body)
    }),
  )
})
