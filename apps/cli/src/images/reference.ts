import { Failure } from '../failure.ts'
import { LOCAL_REGISTRY } from '../names.ts'

/** The images that the platform runs from, each named in `.env` by digest. */
export const IMAGE_NAMES = ['api', 'web', 'caddy', 'db', 'pack'] as const
export type ImageName = (typeof IMAGE_NAMES)[number]

/** Where locally built images are named; the address is loopback, so such a name means nothing on another host. */
export const LOCAL_NAMESPACE = `${LOCAL_REGISTRY}medforge/`

const DIGEST = /@sha256:[0-9a-f]{64}$/

export function isPinned(reference: string): boolean {
  return DIGEST.test(reference)
}

/** Whether the reference is one of ours from this host's loopback registry, rather than one that an operator named. */
export function isLocalReference(reference: string): boolean {
  return reference.startsWith(LOCAL_NAMESPACE)
}

/** @throws Failure naming the setting, when a reference could mean other bytes tomorrow */
export function requirePinned(name: ImageName, reference: string): void {
  if (isPinned(reference)) return
  const setting = `${name.toUpperCase()}_IMAGE`
  throw new Failure(
    `${setting} is "${reference}", which has no digest.`,
    `Write it as name@sha256:<64 hex digits>, or remove ${setting} from deploy/compose/.env to have the image built here.`,
  )
}

/** The repo digest of `repository` among an image's repo digests; the same one for the same list in any order. */
export function digestFor(repository: string, repoDigests: readonly string[]): string | undefined {
  return repoDigests
    .filter((digest) => digest.startsWith(`${repository}@`) && isPinned(digest))
    .sort()[0]
}
