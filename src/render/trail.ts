import type { LoginResolution } from '../core/login/resolution.ts'
import type { Origin } from '../core/origin.ts'
import { visible } from '../core/visible-text.ts'

/** Says every resolved setting with where it came from, for `--debug`, a line each without its end. */
export function renderTrail(resolution: LoginResolution): readonly string[] {
  return [`profiles: ${resolution.path.map((name) => visible(name)).join(' → ')}`, ...resolution.trail.map(({ setting, value, origin }) => `${setting}: ${visible(value)} (${originInWords(origin)})`)]
}

/** Says where a value came from: `--region`, `AWS_REGION`, `mfa_serial of [work] in the config file, line 3`. */
function originInWords(origin: Origin): string {
  switch (origin.kind) {
    case 'flag':
      return origin.flag.startsWith('-') ? origin.flag : 'the command line'
    case 'sts-flag':
      return `${origin.flag} after --`
    case 'environment':
      return origin.variable
    case 'file':
      return `${origin.key} of [${visible(origin.profile)}] in the ${origin.file} file, line ${origin.line}`
    case 'settings':
      return `${origin.key} in ${visible(baseName(origin.place.path))}${origin.place.line === undefined ? '' : `, line ${origin.place.line}`}`
    case 'iam':
      return 'IAM'
    case 'typed':
      return 'as typed'
    case 'default':
      return 'default'
  }
}

/** The file's own name, whichever slash its path has. */
function baseName(path: string): string {
  return path.split(/[\\/]/).at(-1) ?? path
}
