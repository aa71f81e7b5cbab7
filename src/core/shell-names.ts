/** The shells that `shell-init` has code for. */
export const SHELL_NAMES = ['bash', 'zsh', 'fish', 'powershell'] as const

/** One of them. */
export type ShellName = (typeof SHELL_NAMES)[number]

/** Finds a shell by its name; undefined where there is no code for it. PowerShell's program has two names. */
export function findShell(word: string): ShellName | undefined {
  return word === 'pwsh' ? 'powershell' : SHELL_NAMES.find((name) => name === word)
}
