/** Mounts files and folders for a test in a mount namespace, which needs no privileges and leaves nothing behind. */
import { spawnSync } from 'node:child_process'
import { needsProgram } from './outside-program.ts'

/**
 * Returns whether `unshare -rm` works here, for `describe.skipIf(!needsMounts())`. Throws if not and CI is set, on
 * Linux.
 */
export function needsMounts(): boolean {
  if (!needsProgram('unshare')) return false
  const isAllowed = spawnSync('unshare', ['-rm', 'true']).status === 0
  if (!isAllowed && (process.env['CI'] ?? '') !== '' && process.platform === 'linux')
    throw new Error('a test needs `unshare -rm`, which is not permitted here')
  return isAllowed
}

/** Returns an argv prefix that runs a command with `source` bind-mounted on the file `target`, or read-only. */
export function withFileMounted(source: string, target: string, isReadOnly = false): readonly string[] {
  const remount = isReadOnly ? ' && mount -o remount,bind,ro "$2"' : ''
  return [
    'unshare',
    '-rm',
    'sh',
    '-c',
    `mount --bind "$1" "$2"${remount} && shift 2 && exec "$@"`,
    'sh',
    source,
    target,
  ]
}

/**
 * Returns an argv prefix that runs a command with a file system of that many bytes mounted on `folder`. It starts with
 * the files of `filled`, and is copied back to `filled` when the command has ended. Keeps the command's exit status.
 */
export function withSmallDisk(bytes: number, folder: string, filled: string): readonly string[] {
  const script =
    'mount -t tmpfs -o size="$1",mode=700 tmpfs "$2" && cp -a "$3/." "$2" && disk=$2 back=$3 && shift 3 && "$@"; status=$?; find "$back" -mindepth 1 -delete; cp -a "$disk/." "$back"; exit $status'
  return ['unshare', '-rm', 'sh', '-c', script, 'sh', String(bytes), folder, filled]
}
