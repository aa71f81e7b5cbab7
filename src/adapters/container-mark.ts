import { existsSync } from 'node:fs'

/** Tells whether the files are there that Docker and podman put into a container's root. */
export function hasContainerMark(): boolean {
  return ['/.dockerenv', '/run/.containerenv'].some((path) => existsSync(path))
}
