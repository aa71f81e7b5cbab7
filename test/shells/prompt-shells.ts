import { mkdirSync, utimesSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { completedCommands } from '../../src/shell/shell-init.ts'
import { promptFileName } from '../../src/sessions/prompt-line.ts'
import { renderShellInit } from '../../src/shell/shell-init.ts'
import { needsProgram } from '../support/outside-program.ts'
import type { TempHome } from '../support/temp-home.ts'

/** The shells that a prompt is tried in. */
export const PROMPT_SHELLS = ['bash', 'zsh', 'fish'] as const
export type PromptShell = (typeof PROMPT_SHELLS)[number]

/** How each is started without anybody's start-up files. */
export const PLAIN: Readonly<Record<PromptShell, readonly [string, ...string[]]>> = {
  bash: ['bash', '--norc', '--noprofile'],
  zsh: ['zsh', '-f'],
  fish: ['fish', '--no-config'],
}

/** Tells whether a test with that shell has to be skipped. */
export function lacksShell(shell: PromptShell): boolean {
  return process.platform === 'win32' || !needsProgram(shell)
}

/** Writes the code for a shell into a home and gives its path. */
export function installSnippet(home: TempHome, shell: PromptShell): string {
  home.write(`init.${shell}`, renderShellInit(shell, completedCommands()))
  return join(home.path, `init.${shell}`)
}

/** Writes a profile's line as awsmfa does, or another text in its place, and dates it by the credentials file. */
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

/** Makes a file older than all lines. */
export function age(home: TempHome, path = '.aws/credentials'): void {
  utimesSync(join(home.path, path), 1_700_000_000, 1_700_000_000)
}

/** The line of a session that ends in so many seconds. A few are added for the time until it is read. */
export function endingIn(seconds: number, profile: string): string {
  return `1 ${Math.floor(Date.now() / 1000) + seconds} ends ${profile}\n`
}

/** A text as one word of a shell's code. */
export function wordFor(shell: PromptShell, text: string): string {
  return shell === 'fish'
    ? `'${text.replace(/[\\']/g, String.raw`\$&`)}'`
    : `'${text.replaceAll("'", String.raw`'\''`)}'`
}
