// The walls between the rooms of the house. docs/decisions/0002-import-walls.md says why each stands.
const features =
  '(certificates|authority|credentials|tokens|organizations|notifications|telemetry|gateway|evidence|enforcement)'
const rule = (name, from, to) => ({ name, severity: 'error', from, to })

exports.forbidden = [
  rule('no-cycles', {}, { circular: true }),
  rule('no-orphans', { orphan: true, pathNot: '\\.d\\.ts$|^ui/vite\\.config\\.ts$' }, {}),
  rule(
    'pure-stays-pure',
    { path: '^src/(pki|kits|contract)/', pathNot: '\\.test\\.ts$' },
    { path: '^src/', pathNot: '^src/(pki/|kits/|contract/|errors\\.ts$)' },
  ),
  rule(
    'pure-does-no-io',
    { path: '^src/(pki|kits|contract)/', pathNot: '\\.test\\.ts$' },
    { dependencyTypes: ['core'] },
  ),
  rule(
    'features-stand-alone',
    { path: `^src/${features}/` },
    { path: `^src/${features}/`, pathNot: '^src/$1/' },
  ),
  rule(
    'sql-lives-in-stores',
    { path: `^src/${features}/`, pathNot: '-store(\\.test)?\\.ts$|\\.test\\.ts$' },
    { path: '^src/storage/' },
  ),
  rule(
    'only-storage-and-stores-know-kysely',
    { path: '^src/', pathNot: '^src/(storage|jobs|audit|signer|organizations)/|-store(\\.test)?\\.ts$' },
    { path: '^node_modules/kysely' },
  ),
  rule(
    'http-lives-in-routes',
    { path: `^src/${features}/`, pathNot: '-routes(\\.test)?\\.ts$' },
    { path: '^src/http/' },
  ),
  rule(
    'key-stays-in-signer',
    { path: '^src/', pathNot: '^src/(signer/|app(-parts)?\\.ts$|cli/)|\\.test\\.ts$' },
    { path: '^src/signer/' },
  ),
  rule(
    'gateway-knows-no-portal',
    { path: '^src/(gateway|tokens)/|^src/gateway-app\\.ts$' },
    {
      path: '^src/(http|signer|certificates|authority|organizations|notifications|evidence|enforcement)/|^src/app(-parts|-handlers)?\\.ts$',
    },
  ),
  rule(
    'ui-sees-pure-code-only',
    { path: '^ui/' },
    { path: '^src/', pathNot: '^src/(pki|kits|contract)/|^src/errors\\.ts$' },
  ),
  rule(
    'ui-features-stand-alone',
    { path: '^ui/src/features/([^/]+)/' },
    { path: '^ui/src/features/', pathNot: '^ui/src/features/$1/' },
  ),
  rule(
    'ui-parts-know-no-product',
    { path: '^ui/src/components/ui/' },
    { path: '^ui/src/(features|app)/|^src/' },
  ),
  rule(
    'no-dev-dependencies-at-run-time',
    { path: '^src/', pathNot: '\\.test\\.ts$' },
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
