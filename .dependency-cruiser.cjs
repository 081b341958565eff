// The walls between the rooms of the house. docs/decisions/0002-import-walls.md and 0027-rooms.md say why each stands.
const features =
  '(certificates|authority|credentials|tokens|accounts|api-keys|calendar-feeds|organizations|notifications|telemetry|gateway|evidence|enforcement|platform|confirmations|privacy|backup|scim|rotations|migration-plans|expiry|webhooks|external-status|signals)'
const pure = 'pki|kits|contract'
const test = '\\.test\\.ts$'
const rule = (name, from, to) => ({ name, severity: 'error', from, to })

/** One wall for each room of a folder: it may import the rooms of the floors before its own. Tests read what they like. */
const floors = (folder, ...rooms) =>
  rooms.flatMap((floor, index) => {
    const below = rooms.slice(0, index).flat()
    return floor.map((room) =>
      rule(
        `${folder}/${room}-stands-on-what-is-below`,
        { path: `^src/${folder}/${room}/`, pathNot: test },
        {
          path: `^src/${folder}/`,
          pathNot: `^src/${folder}/(${[room, ...below].join('|')})/`,
        },
      ),
    )
  })

/** One wall for each room of a feature: it may import these rooms and what stands at the top, but no routes. */
const beside = (folder, rooms) =>
  Object.entries(rooms).map(([room, others]) =>
    rule(
      `${folder}/${room}-knows-its-neighbours`,
      { path: `^src/${folder}/${room}/`, pathNot: test },
      {
        path: `^src/${folder}/([^/]+/|.*-routes\\.ts$)`,
        pathNot: `^src/${folder}/(${[room, ...others].join('|')})/`,
      },
    ),
  )

exports.forbidden = [
  rule('no-cycles', {}, { circular: true }),
  rule('no-orphans', { orphan: true, pathNot: '\\.d\\.ts$|^ui/vite\\.config\\.ts$' }, {}),
  rule(
    'pure-stays-pure',
    { path: `^src/(${pure})/`, pathNot: test },
    { path: '^src/', pathNot: `^src/(${pure})/|^src/errors\\.ts$` },
  ),
  rule('pure-does-no-io', { path: `^src/(${pure})/`, pathNot: test }, { dependencyTypes: ['core'] }),
  rule(
    'contract-knows-itself-alone',
    { path: '^src/contract/', pathNot: test },
    { path: '^src/', pathNot: '^src/contract/' },
  ),
  rule('pki-knows-no-kit', { path: '^src/pki/', pathNot: test }, { path: '^src/kits/' }),
  rule(
    'shapes-know-no-noun',
    { path: '^src/shapes/', pathNot: test },
    { path: '^src/', pathNot: `^src/(shapes|${pure})/|^src/errors\\.ts$` },
  ),
  rule(
    'shapes-do-no-io',
    { path: '^src/shapes/', pathNot: test },
    { dependencyTypes: ['core'], dependencyTypesNot: ['type-only'] },
  ),
  ...floors(
    'pki',
    ['der'],
    ['text'],
    ['key', 'name'],
    ['certificate'],
    ['profile', 'request', 'key-store'],
    ['path', 'status'],
  ),
  ...floors(
    'gateway',
    ['environment', 'log', 'socket'],
    ['registry'],
    ['decision'],
    ['request-context'],
    ['message'],
    ['upstream', 'observation', 'access'],
    ['request'],
    ['listener', 'authorizer'],
  ),
  rule('gateway-has-rooms-alone', { path: '^src/gateway/' }, { path: '^src/gateway/[^/]+\\.ts$' }),
  rule(
    'features-stand-alone',
    { path: `^src/${features}/` },
    { path: `^src/${features}/`, pathNot: '^src/$1/' },
  ),
  ...beside('certificates', {
    'key-checks': [],
    issuance: ['key-checks'],
    registration: ['key-checks', 'issuance'],
    revocation: [],
  }),
  rule(
    'certificates-rooms-meet-in-routes',
    { path: '^src/certificates/[^/]+\\.ts$', pathNot: `-routes\\.ts$|${test}` },
    { path: '^src/certificates/[^/]+/' },
  ),
  rule(
    'ground-knows-no-feature',
    {
      path: '^src/(storage|jobs|http|config|audit|tls-files|signer|monitoring|tracing|[^/]+\\.ts$)',
      pathNot: `${test}|^src/main\\.ts$`,
    },
    { path: `^src/(${features}|app|cli)/` },
  ),
  rule('http-knows-no-audit', { path: '^src/http/', pathNot: test }, { path: '^src/audit/' }),
  rule(
    'sql-lives-in-stores',
    { path: `^src/${features}/`, pathNot: `-store(\\.test)?\\.ts$|${test}` },
    { path: '^src/storage/' },
  ),
  rule(
    'only-storage-and-stores-know-kysely',
    {
      path: '^src/',
      pathNot: '^src/(storage|jobs|audit|signer|accounts|organizations)/|-store(\\.test)?\\.ts$',
    },
    { path: '^node_modules/kysely' },
  ),
  rule(
    'composition-holds-no-sql',
    { path: '^src/(app|cli)/', pathNot: test },
    { path: '^src/storage/(tables/|prepare-query|spend-budget|page|change-log)' },
  ),
  rule(
    'http-lives-in-routes',
    { path: `^src/(audit/|${features}/)`, pathNot: '-routes(\\.test)?\\.ts$' },
    { path: '^src/http/' },
  ),
  rule(
    'key-stays-in-signer',
    { path: '^src/', pathNot: `^src/(signer|cli)/|^src/app/portal-|${test}` },
    { path: '^src/signer/', pathNot: '^src/signer/open-shared-responders\\.ts$' },
  ),
  rule(
    'only-the-publication-uses-shared-responders',
    { path: '^src/', pathNot: `^src/signer/|^src/app/publication-|${test}` },
    { path: '^src/signer/open-shared-responders\\.ts$' },
  ),
  rule(
    'publication-reaches-no-key-of-an-authority',
    { path: '^src/app/publication-', pathNot: test },
    {
      path: '^src/(signer|app/(portal|gateway)-)',
      pathNot:
        '^src/signer/(open-shared-responders|shared-responder-store|sealed-key|sign-tbs|to-responder)\\.ts$',
      reachable: true,
    },
  ),
  rule(
    'gateway-knows-no-portal',
    { path: '^src/(gateway|tokens)/|^src/app/gateway-' },
    {
      path: '^src/(http|signer|jobs|certificates|authority|accounts|api-keys|calendar-feeds|organizations|notifications|evidence|enforcement|cli)/|^src/app/(?!gateway-|create-log)',
    },
  ),
  rule(
    'gateway-reaches-no-key-and-no-portal',
    { path: '^src/(gateway|tokens)/|^src/app/gateway-', pathNot: test },
    { path: '^src/(signer|http|app/portal-)', reachable: true },
  ),
  rule(
    'only-commands-start-an-app',
    { path: '^src/', pathNot: `^src/(app|cli)/|${test}` },
    { path: '^src/app/' },
  ),
  rule(
    'ui-sees-pure-code-only',
    { path: '^ui/' },
    { path: '^src/', pathNot: `^src/(${pure})/|^src/errors\\.ts$` },
  ),
  rule(
    'ui-features-stand-alone',
    { path: '^ui/src/features/([^/]+)/' },
    { path: '^ui/src/(features|app)/', pathNot: '^ui/src/features/$1/' },
  ),
  rule('ui-lib-knows-no-feature', { path: '^ui/src/lib/' }, { path: '^ui/src/(features|app|components)/' }),
  rule(
    'ui-parts-know-no-product',
    { path: '^ui/src/components/ui/' },
    { path: '^ui/src/(features|app)/|^src/' },
  ),
  rule(
    'no-dev-dependencies-at-run-time',
    { path: '^src/', pathNot: test },
    { dependencyTypes: ['npm-dev'], pathNot: '^node_modules/@types/' },
  ),
]
exports.options = {
  tsPreCompilationDeps: true,
  tsConfig: { fileName: 'tsconfig.ui.json' },
  doNotFollow: { path: 'node_modules' },
  enhancedResolveOptions: {
    exportsFields: ['exports'],
    conditionNames: ['import', 'require', 'node', 'default', 'types'],
  },
}
