/** Prompting for a token code: at the terminal or in a window, and in which words. */
import type { PROMPT_CHOICES } from '../command-line/spec.ts'
import { AwsmfaError } from '../model/failure.ts'
import type { NoWindowReason, WindowProgram } from '../model/failure.ts'
import type { Environment } from '../model/invocation.ts'
import type { Resolved } from '../model/profile.ts'
import type { Asker } from '../ui/question.ts'
import { isSet } from '../ui/style.ts'
import type { TextStyle } from '../ui/style.ts'
import { cross, visible } from '../ui/words.ts'
import { deviceName } from './device.ts'
import { parseTokenCode } from './token-code.ts'
import type { TokenCodeRequest, TokenCodeSource } from './token-code.ts'
import { yubiKeyWords } from './ykman.ts'
import type { YubiKeyFailure } from './ykman.ts'

/** Lines that are no code, one after another, before the question is given up: nobody is there. */
const MAX_MALFORMED = 10

/**
 * Asks for the code at the controlling terminal. A line that is not a code is asked for again and costs no attempt; ten
 * of them throw TOKEN_CODE_MALFORMED. Throws what the Asker throws: PROMPT_UNAVAILABLE rather than returning
 * 'unavailable', so that the obstacle is known.
 */
export function createTerminalTokenCode(asker: Asker): TokenCodeSource {
  return async (request, signal) => {
    signal.throwIfAborted()
    if (request.refusal !== undefined) asker.say(`${cross(asker.style)} ${whyRefused(request.refusal)}\n`)
    for (let malformed = 0; malformed < MAX_MALFORMED; malformed += 1) {
      const text = tokenCodeQuestion(request, malformed > 0)
      const code = parseTokenCode(await asker.askLine({ text, wanted: 'token-code', keep: false }, signal))
      if (code !== undefined) return { code, typed: true }
    }
    throw new AwsmfaError({ code: 'TOKEN_CODE_MALFORMED', source: 'typed' })
  }
}

/** What `--prompt` takes. */
export type PromptChoice = (typeof PROMPT_CHOICES)[number]

/** The settings about prompts; undefined where there is none. */
export interface PromptSettings {
  readonly choice: Resolved<PromptChoice> | undefined
  readonly noGui: Resolved<boolean> | undefined
  /** Whether ARNs are shortened to a name and an account. */
  readonly hideArns: boolean
}

/** What the place of a prompt depends on. */
export interface PromptSurroundings {
  /** As Node.js names it. */
  readonly platform: string
  readonly environment: Environment
  /** Whether a file marks this system as a container. */
  readonly hasContainerMark: boolean
  readonly canAskTerminal: boolean
}

/** Where to prompt: at the terminal, or in a window of the first program that works. `isChosen`: by name. */
export type PromptDecision =
  | { readonly kind: 'terminal' }
  | {
      readonly kind: 'window'
      readonly programs: readonly [WindowProgram, ...WindowProgram[]]
      readonly isChosen: boolean
    }
  | { readonly kind: 'nothing'; readonly why: NoWindowReason; readonly isChosen: boolean }

/**
 * Returns where to prompt. A terminal comes first, then a window, but not over SSH, in a container or in CI, where
 * nobody would see it, unless it was chosen. If a choice and "no window" conflict, the nearer origin wins (flag,
 * environment, profile, settings file); at equal distance "no window" does.
 */
export function choosePrompt(settings: PromptSettings, surroundings: PromptSurroundings): PromptDecision {
  const choice = effectiveChoice(settings)
  const { canAskTerminal, platform } = surroundings
  const isChosen = choice !== 'auto' && choice !== 'terminal' && choice !== 'no-gui'
  if (!isChosen && canAskTerminal) return { kind: 'terminal' }
  if (choice === 'terminal') return { kind: 'nothing', why: 'terminal-chosen', isChosen }
  if (choice === 'no-gui') return { kind: 'nothing', why: 'no-gui', isChosen }
  const programs: readonly [WindowProgram, ...WindowProgram[]] =
    choice === 'auto' || choice === 'window' ? programsOf(platform) : [choice]
  const why = hasDisplay(surroundings, programs[0]) ? (isChosen ? undefined : whyUnseen(surroundings)) : 'no-display'
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

/** macOS and Windows include a program; elsewhere many desktops have one of two. */
function programsOf(platform: string): readonly [WindowProgram, ...WindowProgram[]] {
  if (platform === 'darwin') return ['osascript']
  return platform === 'win32' ? ['powershell'] : ['zenity', 'pinentry']
}

/** macOS and Windows always have a display. */
function hasDisplay({ platform, environment }: PromptSurroundings, program: WindowProgram): boolean {
  const needsVariable =
    (program === 'zenity' || program === 'pinentry') && platform !== 'darwin' && platform !== 'win32'
  return !needsVariable || isSet(environment['DISPLAY']) || isSet(environment['WAYLAND_DISPLAY'])
}

/**
 * Returns why nobody would see a window here; undefined if somebody would. sshd sets SSH_*, podman and systemd
 * `container`, Kubernetes its own.
 */
export function whyUnseen({
  environment,
  hasContainerMark,
}: Pick<PromptSurroundings, 'environment' | 'hasContainerMark'>): 'ssh' | 'container' | 'ci' | undefined {
  if (isSet(environment['SSH_CONNECTION']) || isSet(environment['SSH_TTY']) || isSet(environment['SSH_CLIENT']))
    return 'ssh'
  if (hasContainerMark || isSet(environment['container']) || isSet(environment['KUBERNETES_SERVICE_HOST']))
    return 'container'
  return isContinuousIntegration(environment) ? 'ci' : undefined
}

/** Returns whether this is a job of a CI service: what is printed goes into a log that others read. */
export function isContinuousIntegration({ CI: ci }: Environment): boolean {
  return isSet(ci) && ci !== 'false' && ci !== '0'
}

/**
 * Returns `MFA code for alice (work): `, or `MFA code for alice (111111111111, work): ` where the account is named.
 * `malformed`: the previous line was not a code.
 */
export function tokenCodeQuestion(request: TokenCodeRequest, malformed: boolean): string {
  const account = request.account === undefined ? '' : `${visible(request.account)}, `
  const served = `${account}${request.profiles > 1 ? `${request.profiles} profiles` : visible(request.profile)}`
  const reason = malformed ? 'A code has six digits. ' : ''
  return `${reason}MFA code for ${visible(request.userName ?? deviceName(request.serialNumber))} (${served}): `
}

/** Returns why the previous code was refused and when the next one appears. */
export function whyRefused({ answerLost, known, nextCodeInSeconds }: NonNullable<TokenCodeRequest['refusal']>): string {
  const next = `next one appears in ${nextCodeInSeconds} s`
  if (answerLost) return `Code used up, no response from STS. The ${next}`
  if (known === 'used') return `Code already used. The ${next}`
  return `Code not accepted. Each code works once; the ${next}`
}

/** Returns the line, without its end, for the wait after a program supplied a used code. */
export function nextCodeLine(seconds: number): string {
  return `awsmfa: note: code already used; waiting ${seconds} s for the next one`
}

/** Returns the line, without its end, while another process does something that only one may do at a time. */
export function waitingLine(pid: number | undefined, doing: 'signing in' | 'rotating an access key'): string {
  return `awsmfa: another awsmfa${pid === undefined ? '' : ` (process ${pid})`} is ${doing}; waiting for it`
}

/** Precedes the question while a YubiKey waits to be touched. */
export const TOUCH_PREFACE = 'Touch your YubiKey or type the code. '

/** The same for stderr if nothing can be typed; a line without its end. */
export const TOUCH_LINE = 'awsmfa: touch your YubiKey'

/** Returns the question for the OATH password of a YubiKey; `again`: the previous one was wrong. */
export function oathPasswordQuestion(serial: string | undefined, again: boolean): string {
  const key = serial === undefined ? 'the YubiKey' : `YubiKey ${visible(serial)}`
  return `${again ? 'Wrong password. ' : ''}OATH password of ${key} (Enter to type the code): `
}

/** Returns why a YubiKey gave no code, as a line without its end, while a code can still be typed. */
export function yubiKeyFailureLine(failure: YubiKeyFailure, style: TextStyle): string {
  return `${cross(style)} ${yubiKeyWords(failure).error}`
}
