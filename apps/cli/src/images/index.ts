/**
 * Owns the images that the platform runs from: which they are, how they are built, and that each has a digest.
 * Never starts a container of the platform and never writes `.env`; the caller decides what is overridden.
 * What each image holds: deploy/images/README.md and deploy/packs/README.md.
 */
export { type EnsureImagesOptions, ensureImages } from './ensure.ts'
export { IMAGE_NAMES, type ImageName, isLocalReference, isPinned } from './reference.ts'
