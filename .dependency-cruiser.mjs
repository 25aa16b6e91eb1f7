/**
 * Who may import whom; docs/architecture.md draws it. Biome refuses cycles and undeclared dependencies.
 *
 * @type {import('dependency-cruiser').IConfiguration}
 */

/** Workspaces and those of ours that each may import, beside itself. */
const WORKSPACES = {
  'packages/contracts': [],
  'packages/client': ['packages/contracts'],
  'packages/db': ['packages/contracts'],
  'packages/scoring': ['packages/contracts'],
  'packages/core': ['packages/contracts', 'packages/db', 'packages/scoring'],
  'packages/test-support': ['packages/contracts', 'packages/db'],
  competitions: ['packages/contracts', 'packages/core', 'packages/db', 'packages/scoring'],
  'apps/api': [
    'packages/contracts',
    'packages/core',
    'packages/db',
    'packages/scoring',
    'competitions',
  ],
  'apps/cli': [
    'packages/client',
    'packages/contracts',
    'packages/core',
    'packages/db',
    'packages/scoring',
    'competitions',
  ],
  'apps/web': ['packages/client', 'packages/contracts', 'packages/scoring'],
}
const OURS = '^(apps|packages|competitions|tests|dev|ops)/'
const TEST = '\\.(test|contract)\\.ts$'
const API = '^apps/api/src'
const DOMAINS = ['identity', 'competitions', 'sessions', 'platform', 'scoring', 'reconciler']

const anyOf = (paths) => `^(${paths.join('|')})/`

/** @returns a rule for what `folders` of the API may import of the API */
const inApi = (folders, { only, comment }) => ({
  name: `api-${folders.join('-')}`,
  comment,
  severity: 'error',
  from: { path: `${API}/(${folders.join('|')})/`, pathNot: TEST },
  to: { path: `${API}/`, pathNot: only.map((path) => `${API}/${path}`) },
})

export default {
  forbidden: [
    ...Object.entries(WORKSPACES).map(([name, others]) => ({
      name: `${name}-imports`,
      comment: `${name} may import ${others.join(', ') || 'nothing of ours'}.`,
      severity: 'error',
      from: { path: `^${name}/`, pathNot: TEST },
      to: { path: OURS, pathNot: anyOf([name, ...others]) },
    })),
    {
      name: 'workspace-by-name',
      comment: 'Another workspace is imported by its name, never by a path into it.',
      severity: 'error',
      from: { path: '^(apps/[^/]+|packages/[^/]+|competitions|tests|dev)/' },
      to: {
        path: OURS,
        pathNot: '^$1/',
        dependencyTypes: ['local', 'aliased-subpath-import'],
      },
    },
    {
      name: 'no-server-to-host',
      comment:
        'What faces the internet loads neither the reconciler nor a client of Docker, not even by way of something else.',
      severity: 'error',
      from: { path: `${API}/(main/server|app|context)\\.ts$` },
      to: {
        path: `${API}/(reconciler|scoring)/|node_modules/(dockerode|docker-modem|ssh2|@grpc|protobufjs)/`,
        reachable: true,
      },
    },
    inApi(['lib'], { only: ['lib/'], comment: 'lib knows no domain.' }),
    inApi(['ipc'], { only: ['ipc/', 'lib/'], comment: 'The channel knows no domain.' }),
    inApi(['config'], {
      only: ['config/', 'lib/'],
      comment: 'main → app, context → domains → http → config, lib.',
    }),
    inApi(['http'], {
      only: ['http/', 'config/', 'lib/'],
      comment: 'main → app, context → domains → http → config, lib.',
    }),
    inApi(DOMAINS, {
      only: [
        '(identity|competitions|sessions|platform|scoring|reconciler)/',
        'http/',
        'config/',
        'ipc/',
        'lib/',
      ],
      comment: 'main → app, context → domains → http → config, lib.',
    }),
    {
      name: 'domain-by-index',
      comment: 'A domain is reached through its index.ts only.',
      severity: 'error',
      from: { path: `${API}/(?:(${DOMAINS.join('|')})/)?`, pathNot: TEST },
      to: {
        path: `${API}/(${DOMAINS.join('|')})/`,
        pathNot: [
          `${API}/$1/`,
          `${API}/[^/]+/index\\.ts$`,
          '/(runtime/docker|workspace/zfs)\\.ts$',
        ],
      },
    },
    {
      name: 'adapters-in-context',
      comment: 'Adapters are named where the reconciler is composed.',
      severity: 'error',
      from: { path: OURS, pathNot: [`${API}/context-reconciler\\.ts$`, TEST, '^(tests|dev)/'] },
      to: { path: '/(runtime/docker|workspace/zfs)\\.ts$' },
    },
    {
      name: 'app-and-context-are-the-root',
      comment: 'Only main composes the application; only tests besides.',
      severity: 'error',
      from: { path: `${API}/`, pathNot: [`${API}/main/`, `${API}/(app|context[^/]*)\\.ts$`, TEST] },
      to: { path: `${API}/(main/|app\\.ts$|context[^/]*\\.ts$)` },
    },
    {
      name: 'context-before-main',
      comment: 'app and context know no process.',
      severity: 'error',
      from: { path: `${API}/(app|context[^/]*)\\.ts$` },
      to: { path: `${API}/main/` },
    },
    {
      name: 'context-before-app',
      comment: 'The application is built from its context.',
      severity: 'error',
      from: { path: `${API}/context[^/]*\\.ts$` },
      to: { path: `${API}/app\\.ts$` },
    },
    {
      name: 'config-below-the-database',
      comment: 'config knows the contract and the schema of settings.',
      severity: 'error',
      from: { path: `${API}/config/`, pathNot: TEST },
      to: { path: '^(packages|competitions)/', pathNot: '^packages/(contracts|core)/' },
    },
    {
      name: 'lib-below-everything',
      comment: 'lib and ipc know nothing of ours.',
      severity: 'error',
      from: { path: `${API}/(lib|ipc)/`, pathNot: TEST },
      to: { path: '^(packages|competitions)/' },
    },
    {
      name: 'decisions-do-no-io',
      comment: 'plan.ts and lifecycle.ts decide and do no I/O.',
      severity: 'error',
      from: { path: '/(plan|lifecycle)\\.ts$', pathNot: '^apps/cli/' },
      to: {
        pathNot: [
          '^packages/contracts/',
          '^packages/core/src/sessions/(lifecycle|reasons)\\.ts$',
          '/port\\.ts$',
        ],
      },
    },
    {
      name: 'scoring-is-pure',
      comment: 'The scorer runs in browsers too.',
      severity: 'error',
      from: { path: '^packages/(scoring|contracts|client)/src/', pathNot: TEST },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'web-shared-knows-no-feature',
      comment: 'Imports go one way: shared code knows no feature and no page.',
      severity: 'error',
      from: { path: '^apps/web/(components|lib|config)/' },
      to: { path: '^apps/web/(features|app)/' },
    },
    {
      name: 'web-features-apart',
      comment: 'Features do not know each other or the pages; a page composes them.',
      severity: 'error',
      from: { path: '^apps/web/features/([^/]+)/' },
      to: { path: '^apps/web/(features|app)/', pathNot: '^apps/web/features/$1/' },
    },
  ],
  options: {
    parser: 'tsc',
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^apps/web/\\.next/' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
      extensions: ['.ts', '.tsx', '.mjs', '.js', '.json'],
    },
  },
}
