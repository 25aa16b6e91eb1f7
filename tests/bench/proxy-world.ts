import { randomUUID } from 'node:crypto'
import { SESSION_COOKIE } from '@medforge/contracts'
import { createTokenHasher, newToken } from '@medforge/core'
import { createDatabase, migrateToLatest, toSqlTime } from '@medforge/db'
import { newHost, newSession, newUser } from '@medforge/test-support'
import { sql } from 'kysely'
import type { LoadRequest } from './load.ts'

const PEOPLE = 200
const LOGINS_PER_PERSON = 5
const ADMINS = 5
const STOPPED = 1_000
export const DOMAIN = 'localhost'

/** Who asks for what, in parts of a hundred. */
const MIX = { own: 62, socket: 10, admin: 5, foreign: 8, gone: 7, nobody: 4, stale: 4 }

/** `nextGranted`: of the same people, only what is granted. */
export type World = {
  databaseUrl: string
  kinds: typeof MIX
  next: () => LoadRequest
  nextGranted: () => LoadRequest
}

const GRANTED = { own: MIX.own, socket: MIX.socket, admin: MIX.admin }

/** A database with two hundred running sessions, their owners with five logins each, and the requests of all of them. */
export async function createWorld(serverUrl: string, sessionSecret: string): Promise<World> {
  const databaseUrl = Object.assign(new URL(serverUrl), { pathname: '/bench_proxy' }).href
  {
    await using server = createDatabase(serverUrl, { poolSize: 1 })
    await sql`CREATE DATABASE bench_proxy CHARACTER SET utf8mb4 COLLATE utf8mb4_bin`.execute(server)
  }
  await migrateToLatest(databaseUrl)
  await using db = createDatabase(databaseUrl, { poolSize: 8 })
  await newHost(db)
  const more = Array.from({ length: PEOPLE - 7 }, (_, index) => ({ id: index + 7 }))
  await db.insertInto('gpu_devices').values(more).execute()

  const hash = createTokenHasher(sessionSecret)
  const now = new Date()
  const signIn = async (userId: string): Promise<string[]> => {
    const tokens = Array.from({ length: LOGINS_PER_PERSON }, newToken)
    const logins = tokens.map((token) => ({
      id: randomUUID(),
      user_id: userId,
      token_hash: hash(token),
      created_at: toSqlTime(now),
      last_seen_at: toSqlTime(now),
      expires_at: toSqlTime(new Date(now.getTime() + 86_400_000)),
    }))
    await db.insertInto('auth_sessions').values(logins).execute()
    return tokens
  }
  const slugs: string[] = []
  const tokens: string[][] = []
  const stopped: string[] = []
  for (let index = 0; index < PEOPLE; index += 1) {
    const { id } = await newUser(db)
    tokens.push(await signIn(id))
    slugs.push((await newSession(db, { user_id: id, gpu_id: index })).slug)
    for (let past = 0; past < STOPPED / PEOPLE; past += 1) {
      stopped.push((await newSession(db, { user_id: id, gpu_id: index, status: 'stopped' })).slug)
    }
  }
  const admins: string[] = []
  for (let index = 0; index < ADMINS; index += 1) {
    admins.push(...(await signIn((await newUser(db, { role: 'admin' })).id)))
  }
  const cast = { slugs, tokens, stopped, admins }
  return {
    databaseUrl,
    kinds: MIX,
    next: createRequests(cast, MIX),
    nextGranted: createRequests(cast, GRANTED),
  }
}

type Cast = { slugs: string[]; tokens: string[][]; stopped: string[]; admins: string[] }

/** Each call picks a kind by its share and somebody at random; the sequence is the same in every run. */
function createRequests(cast: Cast, mix: Record<string, number>): () => LoadRequest {
  const { slugs, tokens, stopped, admins } = cast
  const random = createRandom(1)
  const kinds = Object.entries(mix).flatMap(([kind, share]) => Array<string>(share).fill(kind))
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T
  return () => {
    const kind = pick(kinds)
    const owner = Math.floor(random() * slugs.length)
    const slug = slugs[owner] ?? ''
    const own = pick(tokens[owner] ?? [])
    switch (kind) {
      case 'socket':
        return ask(kind, 200, slug, own, [
          'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
          `Origin: https://s-${slug}.medforge.${DOMAIN}`,
        ])
      case 'admin':
        return ask(kind, 200, slug, pick(admins))
      case 'foreign':
        return ask(kind, 403, slug, pick(tokens[(owner + 1) % tokens.length] ?? []))
      case 'gone':
        return ask(kind, 404, pick(stopped), own)
      case 'nobody':
        return ask(kind, 401, slug, undefined)
      case 'stale':
        return ask(kind, 401, slug, newToken())
      default:
        return ask(kind, 200, slug, own)
    }
  }
}

/** What Caddy asks for a request of a browser: that request's headers with a few of its own. */
function ask(
  kind: string,
  status: number,
  slug: string,
  token: string | undefined,
  more: string[] = [],
): LoadRequest {
  const cookies = ['vscode-tf=/tmp/code', 'vscode-cli-secret-half=1', 'theme=dark']
  if (token !== undefined) cookies.push(`${SESSION_COOKIE}=${token}`)
  const lines = [
    'GET /api/v1/auth/session-proxy? HTTP/1.1',
    `Host: s-${slug}.medforge.${DOMAIN}`,
    'User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36',
    'Accept: */*',
    'Accept-Encoding: gzip, deflate, br, zstd',
    'Accept-Language: en-GB,en;q=0.9',
    `Cookie: ${cookies.join('; ')}`,
    `Referer: https://s-${slug}.medforge.${DOMAIN}/?folder=/workspace`,
    'Sec-Fetch-Dest: empty',
    'Sec-Fetch-Mode: cors',
    'Sec-Fetch-Site: same-origin',
    'X-Forwarded-For: 192.0.2.17',
    `X-Forwarded-Host: s-${slug}.medforge.${DOMAIN}`,
    'X-Forwarded-Method: GET',
    'X-Forwarded-Proto: https',
    'X-Forwarded-Uri: /static/out/vs/code/browser/workbench/workbench.js',
    'Prefer: return=minimal',
    `X-Medforge-Client: 192.0.2.17:${portOf(token)} HTTP/2.0`,
    ...more,
  ]
  return { kind, status, bytes: Buffer.from(`${lines.join('\r\n')}\r\n\r\n`) }
}

/** A browser asks over one connection. */
function portOf(token = 'none'): number {
  return 32_768 + (Buffer.from(token).readUInt32BE() % 28_000)
}

/** Mulberry32. */
function createRandom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
