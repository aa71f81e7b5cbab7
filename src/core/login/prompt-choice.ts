/** Where a token code is asked for: at the terminal, or in a window, and with which program. Decides, and opens nothing. */
import type { Resolved } from '../origin.ts'
import type { Environment } from './target-profile.ts'

/** The programs that can show a window with a question. */
export type WindowProgram = 'zenity' | 'pinentry' | 'osascript' | 'powershell'

/** What `--prompt` may say. `window`: any program that fits the platform, also where a terminal could be asked. */
export const PROMPT_CHOICES = ['auto', 'terminal', 'window', 'zenity', 'pinentry', 'osascript', 'powershell'] as const

export type PromptChoice = (typeof PROMPT_CHOICES)[number]

/** What the person settled about questions. Undefined: nothing was said. */
export interface PromptSettings {
  readonly choice: Resolved<PromptChoice> | undefined
  readonly noGui: Resolved<boolean> | undefined
  /** Whether ARNs are shortened to a name and an account. */
  readonly hideArns: boolean
}

/** Where this process runs. */
export interface PromptSurroundings {
  /** As Node names it. */
  readonly platform: string
  readonly environment: Environment
  /** Whether the files are there by which a container is known. */
  readonly hasContainerMark: boolean
  readonly canAskTerminal: boolean
}

/** Why no window is opened, though there is no terminal either. */
export type NoWindowReason = 'terminal-chosen' | 'no-gui' | 'no-display' | 'ssh' | 'container' | 'ci'

/**
 * `terminal`: it is asked; `window`: these programs are tried in their order; `nothing`: nobody can be asked. `isChosen`: the
 * person wants a window, whatever else could be asked.
 */
export type PromptDecision =
  | { readonly kind: 'terminal' }
  | { readonly kind: 'window'; readonly programs: readonly [WindowProgram, ...WindowProgram[]]; readonly isChosen: boolean }
  | { readonly kind: 'nothing'; readonly why: NoWindowReason; readonly isChosen: boolean }

/**
 * Decides. A terminal comes first; where there is none a window, but not over SSH or in a container, where it would open on a
 * machine or a screen that nobody looks at, and not in CI. A window that is chosen by name is opened there too. Where a choice
 * and "no window" contradict each other the nearer place wins (flag, environment, profile, settings file), in one place "no".
 */
export function choosePrompt(settings: PromptSettings, surroundings: PromptSurroundings): PromptDecision {
  const choice = effectiveChoice(settings)
  const { canAskTerminal, platform } = surroundings
  const isChosen = choice !== 'auto' && choice !== 'terminal' && choice !== 'no-gui'
  if (!isChosen && canAskTerminal) return { kind: 'terminal' }
  if (choice === 'terminal') return { kind: 'nothing', why: 'terminal-chosen', isChosen }
  if (choice === 'no-gui') return { kind: 'nothing', why: 'no-gui', isChosen }
  const programs: readonly [WindowProgram, ...WindowProgram[]] = choice === 'auto' || choice === 'window' ? programsOf(platform) : [choice]
  const why = hasDisplay(surroundings, programs[0]) ? (isChosen ? undefined : unseen(surroundings)) : 'no-display'
  return why === undefined ? { kind: 'window', programs, isChosen } : { kind: 'nothing', why, isChosen }
}

function effectiveChoice({ choice, noGui }: PromptSettings): PromptChoice | 'no-gui' {
  const chosen = choice?.value ?? 'auto'
  if (noGui?.value !== true || chosen === 'terminal') return chosen
  return choice === undefined || chosen === 'auto' || nearness(noGui) >= nearness(choice) ? 'no-gui' : chosen
}

const FROM_FAR_TO_NEAR = ['settings', 'file', 'environment', 'flag']

function nearness({ origin }: Resolved<unknown>): number {
  return FROM_FAR_TO_NEAR.indexOf(origin.kind)
}

/** macOS and Windows bring one along; elsewhere it is one of two that many desktops have. */
function programsOf(platform: string): readonly [WindowProgram, ...WindowProgram[]] {
  if (platform === 'darwin') return ['osascript']
  return platform === 'win32' ? ['powershell'] : ['zenity', 'pinentry']
}

/** The window systems of macOS and Windows have no variable. */
function hasDisplay({ platform, environment }: PromptSurroundings, program: WindowProgram): boolean {
  const needsVariable = (program === 'zenity' || program === 'pinentry') && platform !== 'darwin' && platform !== 'win32'
  return !needsVariable || isSet(environment['DISPLAY']) || isSet(environment['WAYLAND_DISPLAY'])
}

/** Why a window would be one that nobody sees: sshd sets the first three, podman and systemd `container`, Kubernetes its own. */
function unseen({ environment, hasContainerMark }: PromptSurroundings): NoWindowReason | undefined {
  if (isSet(environment['SSH_CONNECTION']) || isSet(environment['SSH_TTY']) || isSet(environment['SSH_CLIENT'])) return 'ssh'
  if (hasContainerMark || isSet(environment['container']) || isSet(environment['KUBERNETES_SERVICE_HOST'])) return 'container'
  const ci = environment['CI']
  return isSet(ci) && ci !== 'false' && ci !== '0' ? 'ci' : undefined
}

function isSet(value: string | undefined): value is string {
  return value !== undefined && value !== ''
}
