/**
 * The commands that exist. A hint names a command through this type, so that no message can point at a command that has not
 * been built; the command table must have exactly these rows.
 */
export const COMMAND_NAMES = ['login', 'status', 'logout', 'exec', 'env', 'credential-process', 'cache', 'setup', 'import', 'undo', 'shell-init', 'doctor', 'settings'] as const

/** One of the commands that exist. */
export type CommandName = (typeof COMMAND_NAMES)[number]
