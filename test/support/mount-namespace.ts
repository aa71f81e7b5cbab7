/** Mounting things for a test, in a namespace of its own, so that no rights are needed and nothing stays behind. */
import { spawnSync } from 'node:child_process'
import { needsProgram } from './outside-program.ts'

/** Tells whether processes may mount here, for `describe.skipIf(!needsMounts())`; where CI is set, on Linux, it throws if not. */
export function needsMounts(): boolean {
  if (!needsProgram('unshare')) return false
  const isAllowed = spawnSync('unshare', ['-rm', 'true']).status === 0
  if (!isAllowed && (process.env['CI'] ?? '') !== '' && process.platform === 'linux')
    throw new Error('CI does not allow `unshare -rm`, which a test needs')
  return isAllowed
}

/** Words that run the words after them where `source` is mounted on the file `target`. */
export function withFileMounted(source: string, target: string): readonly string[] {
  return ['unshare', '-rm', 'sh', '-c', 'mount --bind "$1" "$2" && shift 2 && exec "$@"', 'sh', source, target]
}

/**
 * Words that run the words after them with a file system of that many bytes mounted on `folder`, on which the files of
 * `filled` lie; when they are done the folder is copied back to `filled`. The exit status is theirs.
 */
export function withSmallDisk(bytes: number, folder: string, filled: string): readonly string[] {
  const script =
    'mount -t tmpfs -o size="$1",mode=700 tmpfs "$2" && cp -a "$3/." "$2" && disk=$2 back=$3 && shift 3 && "$@"; status=$?; find "$back" -mindepth 1 -delete; cp -a "$disk/." "$back"; exit $status'
  return ['unshare', '-rm', 'sh', '-c', script, 'sh', String(bytes), folder, filled]
}
