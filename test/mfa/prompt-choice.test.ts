/** Whether a token code is asked for on the terminal or in a window. */
import { describe, expect, it } from 'vitest'
import { PROMPT_CHOICES } from '../../src/command-line/spec.ts'
import { choosePrompt } from '../../src/mfa/prompt.ts'
import type { PromptChoice, PromptDecision, PromptSettings, PromptSurroundings } from '../../src/mfa/prompt.ts'
import type { Origin, Resolved } from '../../src/model/profile.ts'

const FLAG: Origin = { kind: 'flag', flag: '--x' }
const VARIABLE: Origin = { kind: 'environment', variable: 'X' }
const PROFILE: Origin = { kind: 'file', file: 'config', profile: 'work', key: 'x', line: 1 }
const SETTINGS: Origin = { kind: 'settings', key: 'x', place: { path: '/config.ini' } }

const X11 = { DISPLAY: ':0' }
const at =
  (origin: Origin) =>
  <T>(value: T): Resolved<T> => ({ value, origin })
const settings = (choice?: PromptChoice, from: Origin = FLAG): PromptSettings => ({
  choice: choice && at(from)(choice),
  noGui: undefined,
  hideArns: false,
})
const linux = (
  environment: Readonly<Record<string, string>>,
  more: Partial<PromptSurroundings> = {},
): PromptSurroundings => ({ platform: 'linux', environment, hasContainerMark: false, canAskTerminal: false, ...more })
const TERMINAL: PromptDecision = { kind: 'terminal' }
const window = (
  isChosen: boolean,
  ...programs: Extract<PromptDecision, { readonly kind: 'window' }>['programs']
): PromptDecision => ({ kind: 'window', programs, isChosen })
const nothing = (
  why: Extract<PromptDecision, { readonly kind: 'nothing' }>['why'],
  isChosen = false,
): PromptDecision => ({ kind: 'nothing', why, isChosen })

const cases: readonly {
  readonly title: string
  readonly settings: PromptSettings
  readonly surroundings: PromptSurroundings
  readonly decision: PromptDecision
}[] = [
  {
    title: 'the terminal, where there is one',
    settings: settings(),
    surroundings: linux(X11, { canAskTerminal: true }),
    decision: TERMINAL,
  },
  {
    title: 'the terminal over SSH, in a container, in CI',
    settings: settings(),
    surroundings: linux(
      { ...X11, SSH_TTY: '/dev/pts/1', CI: 'true' },
      { canAskTerminal: true, hasContainerMark: true },
    ),
    decision: TERMINAL,
  },
  {
    title: 'a window under X11, where there is no terminal',
    settings: settings(),
    surroundings: linux(X11),
    decision: window(false, 'zenity', 'pinentry'),
  },
  {
    title: 'a window under Wayland',
    settings: settings(),
    surroundings: linux({ WAYLAND_DISPLAY: 'wayland-0' }),
    decision: window(false, 'zenity', 'pinentry'),
  },
  {
    title: 'a window on FreeBSD',
    settings: settings(),
    surroundings: linux(X11, { platform: 'freebsd' }),
    decision: window(false, 'zenity', 'pinentry'),
  },
  {
    title: 'a window on macOS',
    settings: settings(),
    surroundings: linux({}, { platform: 'darwin' }),
    decision: window(false, 'osascript'),
  },
  {
    title: 'a window on Windows',
    settings: settings(),
    surroundings: linux({}, { platform: 'win32' }),
    decision: window(false, 'powershell'),
  },
  {
    title: 'nothing without a display',
    settings: settings(),
    surroundings: linux({}),
    decision: nothing('no-display'),
  },
  {
    title: 'nothing with an empty DISPLAY',
    settings: settings(),
    surroundings: linux({ DISPLAY: '' }),
    decision: nothing('no-display'),
  },
  ...['SSH_CONNECTION', 'SSH_TTY', 'SSH_CLIENT'].map((name) => ({
    title: `nothing with ${name}`,
    settings: settings(),
    surroundings: linux({ ...X11, [name]: 'x' }),
    decision: nothing('ssh'),
  })),
  {
    title: 'nothing over SSH on macOS',
    settings: settings(),
    surroundings: linux({ SSH_CONNECTION: 'x' }, { platform: 'darwin' }),
    decision: nothing('ssh'),
  },
  {
    title: 'nothing in a container of Docker',
    settings: settings(),
    surroundings: linux(X11, { hasContainerMark: true }),
    decision: nothing('container'),
  },
  {
    title: 'nothing in a container of podman',
    settings: settings(),
    surroundings: linux({ ...X11, container: 'podman' }),
    decision: nothing('container'),
  },
  {
    title: 'nothing in a pod',
    settings: settings(),
    surroundings: linux({ ...X11, KUBERNETES_SERVICE_HOST: '10.0.0.1' }),
    decision: nothing('container'),
  },
  {
    title: 'nothing in CI',
    settings: settings(),
    surroundings: linux({ ...X11, CI: 'true' }),
    decision: nothing('ci'),
  },
  {
    title: 'a window where CI says no',
    settings: settings(),
    surroundings: linux({ ...X11, CI: 'false' }),
    decision: window(false, 'zenity', 'pinentry'),
  },
  {
    title: 'auto like nothing said',
    settings: settings('auto'),
    surroundings: linux({ ...X11, SSH_TTY: 'x' }),
    decision: nothing('ssh'),
  },
  {
    title: 'auto at a terminal',
    settings: settings('auto'),
    surroundings: linux(X11, { canAskTerminal: true }),
    decision: TERMINAL,
  },
  {
    title: 'a chosen terminal',
    settings: settings('terminal'),
    surroundings: linux(X11, { canAskTerminal: true }),
    decision: TERMINAL,
  },
  {
    title: 'nothing where the chosen terminal is not there',
    settings: settings('terminal'),
    surroundings: linux(X11),
    decision: nothing('terminal-chosen'),
  },
  {
    title: 'a chosen window although there is a terminal',
    settings: settings('window'),
    surroundings: linux(X11, { canAskTerminal: true }),
    decision: window(true, 'zenity', 'pinentry'),
  },
  {
    title: 'a chosen window over SSH, in a container, in CI',
    settings: settings('window'),
    surroundings: linux({ ...X11, SSH_TTY: 'x', CI: '1' }, { hasContainerMark: true }),
    decision: window(true, 'zenity', 'pinentry'),
  },
  {
    title: 'nothing where a window is chosen and there is no display, a terminal or not',
    settings: settings('window'),
    surroundings: linux({}, { canAskTerminal: true }),
    decision: nothing('no-display', true),
  },
  {
    title: 'the chosen zenity alone',
    settings: settings('zenity'),
    surroundings: linux(X11),
    decision: window(true, 'zenity'),
  },
  {
    title: 'the chosen pinentry alone',
    settings: settings('pinentry'),
    surroundings: linux(X11),
    decision: window(true, 'pinentry'),
  },
  {
    title: 'a chosen pinentry on macOS, which needs no DISPLAY',
    settings: settings('pinentry'),
    surroundings: linux({}, { platform: 'darwin' }),
    decision: window(true, 'pinentry'),
  },
  {
    title: 'a chosen osascript',
    settings: settings('osascript'),
    surroundings: linux({}, { platform: 'darwin', canAskTerminal: true }),
    decision: window(true, 'osascript'),
  },
  {
    title: 'a chosen powershell',
    settings: settings('powershell'),
    surroundings: linux({}, { platform: 'win32', canAskTerminal: true }),
    decision: window(true, 'powershell'),
  },
]
describe('the prompt for a code', () => {
  it.each(cases)('$title', ({ settings: said, surroundings, decision }) => {
    expect(choosePrompt(said, surroundings)).toEqual(decision)
  })

  it('has a test for every choice', () => {
    expect(
      new Set(cases.map(({ settings: { choice } }) => choice?.value).filter((choice) => choice !== undefined)),
    ).toEqual(new Set(PROMPT_CHOICES))
  })
})

const both: readonly {
  readonly title: string
  readonly choice?: Resolved<PromptChoice>
  readonly noGui: Resolved<boolean>
  readonly decision: PromptDecision
}[] = [
  { title: 'no window', noGui: at(SETTINGS)(true), decision: nothing('no-gui') },
  { title: 'no "no window"', noGui: at(FLAG)(false), decision: window(false, 'zenity', 'pinentry') },
  {
    title: 'no window, near, and a program, far',
    choice: at(SETTINGS)('zenity'),
    noGui: at(FLAG)(true),
    decision: nothing('no-gui'),
  },
  {
    title: 'no window in the environment and a program in the profile',
    choice: at(PROFILE)('zenity'),
    noGui: at(VARIABLE)(true),
    decision: nothing('no-gui'),
  },
  {
    title: 'no window, far, and a program, near',
    choice: at(FLAG)('zenity'),
    noGui: at(SETTINGS)(true),
    decision: window(true, 'zenity'),
  },
  {
    title: 'no window in the profile and a program in the environment',
    choice: at(VARIABLE)('window'),
    noGui: at(PROFILE)(true),
    decision: window(true, 'zenity', 'pinentry'),
  },
  {
    title: 'both in one place',
    choice: at(SETTINGS)('zenity'),
    noGui: at(SETTINGS)(true),
    decision: nothing('no-gui'),
  },
  {
    title: 'no window, far, and auto, near',
    choice: at(FLAG)('auto'),
    noGui: at(SETTINGS)(true),
    decision: nothing('no-gui'),
  },
  {
    title: 'no window and the terminal',
    choice: at(SETTINGS)('terminal'),
    noGui: at(FLAG)(true),
    decision: nothing('terminal-chosen'),
  },
]
it.each(both)('without a terminal: $title', ({ choice, noGui, decision }) => {
  expect(choosePrompt({ choice, noGui, hideArns: false }, linux(X11))).toEqual(decision)
})

it('is on the terminal if there is one and no window is wanted', () => {
  expect(
    choosePrompt({ choice: undefined, noGui: at(FLAG)(true), hideArns: false }, linux(X11, { canAskTerminal: true })),
  ).toEqual(TERMINAL)
})
