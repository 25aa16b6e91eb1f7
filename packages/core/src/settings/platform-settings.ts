import { SIGNUP_MODES } from '@medforge/contracts'
import { CONTROL_ADDRESSES, databaseUrlOf, requiredReference } from './compose-values.ts'
import {
  addressList,
  anyText,
  bindAddress,
  choice,
  databaseUrl,
  domainName,
  email,
  httpsUrl,
  image,
  integer,
  randomSecret,
  text,
} from './kinds.ts'
import { setting } from './setting.ts'

const isTrial = (domain: string) => domain === 'localhost'

export const ADDRESS = {
  DOMAIN: setting(domainName, {
    description:
      'The platform answers at `medforge.<DOMAIN>`, `api.medforge.<DOMAIN>` and `s-<slug>.medforge.<DOMAIN>`; all three have to resolve to this host. `localhost` makes a trial host that only this machine can reach.',
    ifWrong:
      'Browsers do not find the platform; `./medforge doctor` lists the names without an address.',
    example: 'localhost',
    setBy: 'operator',
    readBy: ['server', 'reconciler', 'worker', 'web', 'caddy', 'cli'],
  }),
  EDGE_BIND_ADDRESS: setting(bindAddress, {
    description: "Address on which Caddy's ports 443 and 80 are published.",
    ifWrong: 'Nobody but this host reaches the platform, or everybody reaches a trial host.',
    fromDomain: (domain) => (isTrial(domain) ? '127.0.0.1' : '0.0.0.0'),
    setBy: 'domain',
    readBy: ['compose', 'cli'],
  }),
  EDGE_CONNECTIONS_PER_ADDRESS: setting(integer(16, 100_000), {
    description:
      'How many connections, and requests under way, the edge takes from one address (of IPv6, from one /64). On a trial host, where everybody comes from one address, only the limits for all together hold: 2,048 connections and 1,024 requests.',
    ifWrong:
      'Too low, people who share an address (a class behind one router) are refused; too high, a single client can take all of it.',
    default: '512',
    setBy: 'operator',
    readBy: ['caddy'],
  }),
  TLS_MODE: setting(choice(['internal', 'files', 'acme']), {
    description:
      "internal: Caddy's own authority, for trial hosts only; its root is put into this host's trust stores. files: `/var/lib/medforge/tls/fullchain.pem` and `privkey.pem`, for `medforge.<DOMAIN>` and `*.medforge.<DOMAIN>`, readable by uid 10003. acme: from an ACME authority; a session's host gets its own certificate when it is first opened.",
    fromDomain: (domain) => (isTrial(domain) ? 'internal' : 'files'),
    setBy: 'domain',
    readBy: ['caddy', 'cli'],
  }),
  ACME_EMAIL: setting(email, {
    description: 'For TLS_MODE=acme, which needs it: a contact for the authority.',
    default: null,
    setBy: 'operator',
    readBy: ['caddy'],
  }),
  ACME_CA: setting(httpsUrl, {
    description:
      "For TLS_MODE=acme: the directory of the authority, Let's Encrypt's unless changed.",
    ifWrong: 'Caddy gets no certificate and logs why.',
    default: 'https://acme-v02.api.letsencrypt.org/directory',
    setBy: 'operator',
    readBy: ['caddy'],
  }),
  NEXT_PUBLIC_API_URL: setting(httpsUrl, {
    description: 'Where browsers reach the API; read when the web container starts.',
    fromDomain: (domain) => `https://api.medforge.${domain}`,
    isOnlyFromDomain: true,
    setBy: 'domain',
    readBy: ['web'],
  }),
  COOKIE_DOMAIN: setting(anyText, {
    description: 'Scope of the login cookie.',
    fromDomain: (domain) => `.medforge.${domain}`,
    isOnlyFromDomain: true,
    setBy: 'domain',
    readBy: ['server'],
  }),
  TRUSTED_PROXIES: setting(addressList, {
    description:
      "Peers whose X-Forwarded-For the API believes: Caddy's address on the control network, and no other.",
    ifWrong:
      'Every client counts as one address in the rate limits, or a client can choose its address.',
    default: CONTROL_ADDRESSES.caddy,
    setBy: 'operator',
    readBy: ['server'],
  }),
}

export const IMAGES = {
  API_IMAGE: setting(image, {
    description: 'Server, reconciler and worker.',
    example: '',
    setBy: 'operator-or-up',
    readBy: ['reconciler', 'compose'],
  }),
  WEB_IMAGE: setting(image, {
    description: 'The pages.',
    example: '',
    setBy: 'operator-or-up',
    readBy: ['compose'],
  }),
  CADDY_IMAGE: setting(image, {
    description: 'The edge.',
    example: '',
    setBy: 'operator-or-up',
    readBy: ['compose'],
  }),
  DB_IMAGE: setting(image, {
    description: 'MariaDB.',
    example: '',
    setBy: 'operator-or-up',
    readBy: ['compose'],
  }),
  PACK_IMAGE: setting(image, {
    description: 'What sessions run; deploy/packs/README.md explains how to build one with CUDA.',
    ifWrong: 'A launch fails with "Failed to start session runtime.".',
    example: '',
    setBy: 'operator-or-up',
    readBy: ['server', 'reconciler', 'cli'],
  }),
}

const password = text(
  'letters, digits, - and _ only',
  (value) => /^[A-Za-z0-9_-]+$/.test(value),
  'may hold letters, digits, - and _ only',
)

function databasePassword(user: string) {
  return setting(password, {
    description: `Password of medforge_${user}, a user of the database, whose container sets it whenever it starts.`,
    isSecret: true,
    example: '',
    setBy: 'generated',
    readBy: ['db', 'compose'],
  })
}

export const SECRETS = {
  SESSION_SECRET: setting(randomSecret, {
    description: 'Key of the HMAC over login tokens. Changing it signs everybody out.',
    isSecret: true,
    example: '',
    setBy: 'generated',
    readBy: ['server'],
  }),
  DB_ADMIN_PASSWORD: databasePassword('admin'),
  DB_SERVER_PASSWORD: databasePassword('server'),
  DB_RECONCILER_PASSWORD: databasePassword('reconciler'),
  DB_WORKER_PASSWORD: databasePassword('worker'),
  DATABASE_URL: setting(databaseUrl, {
    description:
      "The administrator's way to the database, for migrations and the command line; no container gets it. In a container it is that of its own process, which compose makes from the password.",
    isSecret: true,
    example: '',
    setBy: 'up',
    readBy: ['server', 'reconciler', 'worker', 'cli'],
    containers: {
      api: {
        SERVER_DATABASE_URL: databaseUrlOf('server', requiredReference('DB_SERVER_PASSWORD')),
        RECONCILER_DATABASE_URL: databaseUrlOf(
          'reconciler',
          requiredReference('DB_RECONCILER_PASSWORD'),
        ),
      },
      'api-worker': {
        DATABASE_URL: databaseUrlOf('worker', requiredReference('DB_WORKER_PASSWORD')),
      },
    },
  }),
}

const YEAR_SECONDS = 366 * 86_400

export const ACCOUNTS = {
  INITIAL_ADMIN_EMAIL: setting(email, {
    description:
      'The first administrator, created when the installation has none; `./medforge up` prints the password once.',
    fromDomain: (domain) => `admin@medforge.${domain}`,
    setBy: 'domain',
    readBy: ['cli'],
  }),
  SIGNUP_MODE: setting(choice(SIGNUP_MODES), {
    description:
      'open: everybody may sign up. invite: whoever has a code from `./medforge users invite` or an administrator. closed: nobody.',
    default: 'open',
    setBy: 'operator',
    readBy: ['server'],
  }),
  AUTH_IDLE_TTL_SECONDS: setting(integer(120, YEAR_SECONDS), {
    description:
      'A login ends after this long without a request, and with it the sockets that it opened.',
    default: String(7 * 86_400),
    setBy: 'operator',
    readBy: ['server', 'reconciler'],
  }),
  AUTH_MAX_TTL_SECONDS: setting(integer(120, YEAR_SECONDS), {
    description: 'A login ends after this long in any case.',
    default: String(30 * 86_400),
    setBy: 'operator',
    readBy: ['server'],
  }),
  AUTH_RATE_LIMIT: setting(integer(1, 1_000_000), {
    description:
      'Sign-ups and wrong passwords together, per client address and window; wrong passwords of one account alike, in five times the window.',
    default: '10',
    setBy: 'operator',
    readBy: ['server'],
  }),
  AUTH_RATE_WINDOW_SECONDS: setting(integer(1, 86_400), {
    description: 'Length of the window of AUTH_RATE_LIMIT.',
    default: '60',
    setBy: 'operator',
    readBy: ['server'],
  }),
}
