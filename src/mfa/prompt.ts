import type { PROMPT_CHOICES } from '../command-line/spec.ts'
import { parseTokenCode } from './token-code.ts'
import type { TokenCodeRequest, TokenCodeSource } from './token-code.ts'
import { yubiKeyWords } from './ykman.ts'
import { AwsmfaError } from '../model/failure.ts'
import type { Failure, NoWindowReason, WindowProgram } from '../model/failure.ts'
import type { Environment } from '../model/invocation.ts'
import type { Resolved } from '../model/origin.ts'
import type { Asker } from '../ui/question.ts'
import { paint } from '../ui/style.ts'
import type { TextStyle } from '../ui/style.ts'
import { visible } from '../ui/words.ts'

/** What the terminal says, so that all words are in one layer. */
export interface TokenCodeWords {
  /** The question, ready to be typed behind. `malformed`: the line before was no code. */
  readonly question: (request: TokenCodeRequest, malformed: boolean) => string
  /** The line, without its end, that tells why the code before was not taken. */
  readonly refusal: (refusal: NonNullable<TokenCodeRequest['refusal']>, style: TextStyle) => string
}

/** Lines that are no code, one after another, before the question is given up: nobody sits there. */
const MOST_MALFORMED = 10

/**
 * Asks for the code at the controlling terminal. Where that cannot be done it throws PROMPT_UNAVAILABLE rather than giving
 * 'unavailable', so that the obstacle is known. A line that is no code is asked again at once and costs no try; after ten of
 * them TOKEN_CODE_MALFORMED is thrown. Otherwise throws what the Asker throws.
 */
export function createTerminalTokenCode(asker: Asker, words: TokenCodeWords): TokenCodeSource {
  return async (request, signal) => {
    signal.throwIfAborted()
    if (request.refusal !== undefined) asker.say(`${words.refusal(request.refusal, asker.style)}\n`)
    for (let malformed = 0; malformed < MOST_MALFORMED; malformed += 1) {
      const line = await asker.askLine(
        { text: words.question(request, malformed > 0), wanted: 'token-code', keep: false },
        signal,
      )
      const code = parseTokenCode(line)
      if (code !== undefined) return { code, typed: true }
    }
    throw new AwsmfaError({ code: 'TOKEN_CODE_MALFORMED', source: 'typed' })
  }
}

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

/**
 * `terminal`: it is asked; `window`: these programs are tried in their order; `nothing`: nobody can be asked. `isChosen`: the
 * person wants a window, whatever else could be asked.
 */
export type PromptDecision =
  | { readonly kind: 'terminal' }
  | {
      readonly kind: 'window'
      readonly programs: readonly [WindowProgram, ...WindowProgram[]]
      readonly isChosen: boolean
    }
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
  const programs: readonly [WindowProgram, ...WindowProgram[]] =
    choice === 'auto' || choice === 'window' ? programsOf(platform) : [choice]
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
  const needsVariable =
    (program === 'zenity' || program === 'pinentry') && platform !== 'darwin' && platform !== 'win32'
  return !needsVariable || isSet(environment['DISPLAY']) || isSet(environment['WAYLAND_DISPLAY'])
}

/** Why a window would be one that nobody sees: sshd sets the first three, podman and systemd `container`, Kubernetes its own. */
function unseen({ environment, hasContainerMark }: PromptSurroundings): NoWindowReason | undefined {
  if (isSet(environment['SSH_CONNECTION']) || isSet(environment['SSH_TTY']) || isSet(environment['SSH_CLIENT']))
    return 'ssh'
  if (hasContainerMark || isSet(environment['container']) || isSet(environment['KUBERNETES_SERVICE_HOST']))
    return 'container'
  const ci = environment['CI']
  return isSet(ci) && ci !== 'false' && ci !== '0' ? 'ci' : undefined
}

function isSet(value: string | undefined): value is string {
  return value !== undefined && value !== ''
}

/**
 * The question for a token code and what is said about a code that was not taken. Questions carry no colour: their length
 * tells how many rows there are to erase.
 */

/** The question, ready to be typed behind: `MFA code for alice (profile 'work'): `. `malformed`: the line before was no code. */
export function tokenCodeQuestion(request: TokenCodeRequest, malformed: boolean): string {
  const served = request.profiles > 1 ? `serves ${request.profiles} profiles` : `profile '${visible(request.profile)}'`
  const reason = malformed ? 'A code has six digits. ' : ''
  return `${reason}MFA code for ${visible(request.userName ?? deviceName(request.serialNumber))} (${served}): `
}

/** The line, without its end, that tells why the code before was not taken and when the next one comes. */
export function tokenCodeRefusal(refusal: NonNullable<TokenCodeRequest['refusal']>, style: TextStyle): string {
  return `${paint(style.unicode ? '✖' : 'x', 'red', style)} ${whyRefused(refusal)}`
}

/** The same in words alone. */
export function whyRefused({ answerLost, known, nextCodeInSeconds }: NonNullable<TokenCodeRequest['refusal']>): string {
  const next = `${nextCodeInSeconds} s`
  if (answerLost) return `the answer was lost and the code is spent; the next one comes in ${next}`
  if (known === 'used') return `already used; the next code comes in ${next}`
  return `not accepted. A code works once; the next one comes in ${next}`
}

/** The line, without its end, that tells what is waited for where a program gave a code that is spent. */
export function nextCodeLine(seconds: number): string {
  return `awsmfa: note: this token code has been used before; waiting ${seconds} s for the next one`
}

/** What stands before the question while a YubiKey waits to be touched. */
export const TOUCH_PREFACE = 'Touch your YubiKey or type the code. '

/** The same for stderr, where nothing can be typed; a line without its end. */
export const TOUCH_LINE = 'awsmfa: touch your YubiKey'

/** The question for the OATH password of a YubiKey; `again`: the one before was wrong. */
export function oathPasswordQuestion(serial: string | undefined, again: boolean): string {
  const key = serial === undefined ? 'the YubiKey' : `the YubiKey ${visible(serial)}`
  return `${again ? 'That was not it. ' : ''}OATH password of ${key} (Enter alone to type the code): `
}

/** The line, without its end, that tells why a YubiKey gave no code where one can still be typed. */
export function yubiKeyFailureLine(
  failure: Extract<Failure, { readonly code: 'YUBIKEY_FAILED' }>,
  style: TextStyle,
): string {
  return `${paint(style.unicode ? '✖' : 'x', 'red', style)} ${yubiKeyWords(failure).error}`
}

/** `arn:aws:iam::111111111111:mfa/alice` is alice; the serial number of a hardware device stands for itself. */
export function deviceName(serialNumber: string): string {
  return serialNumber.slice(serialNumber.lastIndexOf('/') + 1)
}
