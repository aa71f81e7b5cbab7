/** Which profile names may reach a section header. */
import { AwsmfaError } from '../failures.ts'
import type { TextDefect } from '../failures.ts'
import type { Origin } from '../origin.ts'

/**
 * Throws TEXT_REFUSED for a name that must never reach a section header, be the section there or not: empty, with control
 * characters or line ends, with `]`, with blanks at an end, and names that some tool does not take for a name: `DEFAULT`
 * (configparser gives its keys to every profile), `__proto__` (the JavaScript loader gives the whole file up),
 * `profile …` (what config puts before a name; only .NET reads it in the credentials file).
 */
export function assertProfileName(name: string, origin: Origin): void {
  refuseIf(defectOf(name), name, origin)
}

/**
 * Throws TEXT_REFUSED like `assertProfileName`, and for a name with `#`, `;` or `[`, with which a new section would make Rust
 * and Java tools give the whole file up. A section that has such a name already may be edited. Blanks inside, quotes and
 * letters beyond ASCII are allowed, though not every tool finds such a profile.
 */
export function assertNewProfileName(name: string, origin: Origin): void {
  refuseIf(defectOf(name) ?? (/[#;[]/.test(name) ? 'alphabet' : undefined), name, origin)
}

function refuseIf(defect: TextDefect | undefined, name: string, origin: Origin): void {
  if (defect !== undefined) throw new AwsmfaError({ code: 'TEXT_REFUSED', what: 'profile name', text: name, defect, origin })
}

function defectOf(name: string): TextDefect | undefined {
  if (name === '') return 'empty'
  if (/[\p{Cc}\u2028\u2029]/u.test(name)) return 'control-character'
  if (name.includes(']')) return 'closing-bracket'
  if (name.trim() !== name) return 'outer-space'
  if (/\p{Cs}/u.test(name)) return 'alphabet'
  if (name === 'DEFAULT' || name === '__proto__' || /^profile\s/.test(name)) return 'reserved-name'
  return undefined
}
