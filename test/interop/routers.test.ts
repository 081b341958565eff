import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { toCanonicalPath } from '../../src/contract/canonical-path.ts'
import { createRouteMatcher } from '../../src/gateway/environment/match-route.ts'
import { documentedRouters } from './routers/documented-routers.ts'
import { openRouters, type Router } from './routers/open-routers.ts'

const match = createRouteMatcher([
  { path: '/payments', scope: 'payments' },
  { path: '/payments/refunds', scope: 'refunds' },
])

let routers: readonly Router[]
let close = () => {}
beforeAll(async () => {
  const opened = await openRouters()
  close = opened.close
  routers = [...opened.routers, ...documentedRouters]
})
afterAll(() => close())

/** Returns the required scope, undefined if the request is rejected. */
function scopeOf(path: string): string | undefined {
  const canonical = toCanonicalPath(path)
  const found = canonical === undefined ? undefined : match(path, canonical, 'GET')
  return typeof found === 'object' ? found.scope : undefined
}

const spelled = (word: string) =>
  fc
    .array(
      fc.constantFrom(
        ...[
          '',
          '',
          '',
          ';v=1',
          '%3B',
          '.',
          '%2e',
          '%20',
          '.json',
          '#',
          '?',
          '%23',
          '%3F',
          '%E2%80%8B',
          '%00',
          '/',
          '%2F',
          '..',
        ],
        ...['%c0%ae', '%', '\\', '%5c', '%2572', '%252F', '%ff', '[', '\u00e9', ' ', ',', '!', '~'],
      ),
      { minLength: 2, maxLength: 2 },
    )
    .chain(([before = '', after = '']) =>
      fc
        .array(fc.constantFrom('as it is', 'as it is', 'as it is', 'upper', 'encoded', 'twice'), {
          minLength: word.length,
          maxLength: word.length,
        })
        .map((ways) => [...word].map((letter, i) => spellLetter(letter, ways[i] ?? '')).join(''))
        .map((text) => (before === '/' ? `/${text}${after}` : `${text}${after}`)),
    )

function spellLetter(letter: string, way: string): string {
  const code = letter.charCodeAt(0).toString(16)
  if (way === 'upper') return letter.toUpperCase()
  return { encoded: `%${code}`, twice: `%25${code}` }[way] ?? letter
}

const targets = fc
  .tuple(
    fc.oneof(fc.constant('payments'), spelled('payments')),
    fc.oneof(
      fc.constant('refunds'),
      spelled('refunds'),
      fc.constantFrom('1', 'a;b', '%41', 'REFUNDED', 'x.refunds'),
    ),
    fc.constantFrom('', '/', '/1', ';x', '/;x', '/%20'),
  )
  .map(([first, second, rest]) => `/${first}/${second}${rest}`)

test('every allowed request runs, in each framework, a route of the scope that was checked', async () => {
  let passed = 0
  await fc.assert(
    fc.asyncProperty(targets, async (target) => {
      const scope = scopeOf(target)
      if (scope === undefined) return
      passed += 1
      for (const router of routers) {
        const ran = await router.run('GET', target)
        expect(ran === undefined || ran === scope, `${router.name} runs ${ran} for ${target}`).toBe(true)
      }
    }),
    { numRuns: 1500 },
  )
  // The property is vacuous if all requests are rejected.
  expect(passed).toBeGreaterThan(50)
})

test.each([
  ['/payments', 'payments'],
  ['/payments/1', 'payments'],
  ['/payments/PAY-2f.9', 'payments'],
  ['/payments/refunds', 'refunds'],
  ['/payments/refunds/1', 'refunds'],
])('the ordinary request %s is allowed, and every framework runs its route', async (target, scope) => {
  expect(scopeOf(target)).toBe(scope)
  for (const router of routers) expect(await router.run('GET', target), router.name).toBe(scope)
})
