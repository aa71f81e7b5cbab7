/** What the tests of the shell prompt share: the shells, the snippet, and the prompt cache that it reads. */
import { mkdirSync, utimesSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { promptFileName } from '../../src/sessions/prompt-line.ts'
import { completedCommands, renderShellInit } from '../../src/shell/shell-init.ts'
import type { TempHome } from '../support/temp-home.ts'

/** The shells that the prompt is tested in. */
export const PROMPT_SHELLS = ['bash', 'zsh', 'fish'] as const
export type PromptShell = (typeof PROMPT_SHELLS)[number]

/** Writes the output of `shell-init` for a shell to a file in the home. Returns its path. */
export function installSnippet(home: TempHome, shell: PromptShell): string {
  home.write(`init.${shell}`, renderShellInit(shell, completedCommands()))
  return join(home.path, `init.${shell}`)
}

/** Writes a file of the prompt cache beside the credentials file: a profile's line, or any other content. */
export function writeLine(
  home: TempHome,
  profile: string,
  content: string | Buffer,
  credentials = '.aws/credentials',
): void {
  const path = join(home.path, `${credentials}.awsmfa`, promptFileName(profile) ?? 'none')
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  writeFileSync(path, content)
}

/** Writes the second file of a profile, which AWSMFA_PS1_FORMAT is read with. */
export function writeSecondLine(home: TempHome, profile: string, content: string | Buffer): void {
  const path = join(home.path, '.aws/credentials.awsmfa', `.${promptFileName(profile) ?? 'none'}`)
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  writeFileSync(path, content)
}

/** Makes a file older than every line of the prompt cache. */
export function age(home: TempHome, path = '.aws/credentials'): void {
  utimesSync(join(home.path, path), 1_700_000_000, 1_700_000_000)
}

/** Returns the content of the second file of a session that expires in that many seconds. */
export function endingAs(who: string, seconds: number, profile: string): string {
  return `2 ${Math.floor(Date.now() / 1000) + seconds} ends ${who} ${profile}\n`
}

/** Returns the prompt cache line of a session that expires in that many seconds. */
export function endingIn(seconds: number, profile: string): string {
  return `1 ${Math.floor(Date.now() / 1000) + seconds} ends ${profile}\n`
}
