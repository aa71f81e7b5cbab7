/** Which browser opens the console. */
import { expect, test } from 'vitest'
import { chooseBrowser } from '../../src/commands/console.ts'
import type { BrowserChoice, BrowserSurroundings } from '../../src/commands/console.ts'
import type { Resolved } from '../../src/model/profile.ts'
import { failureOf } from '../support/failure-of.ts'

const DESKTOP: BrowserSurroundings = {
  platform: 'linux',
  environment: { DISPLAY: ':0' },
  hasContainerMark: false,
  find: (program) => (program.includes('missing') ? undefined : `/usr/bin/${program}`),
}
const set = (value: string, variable?: string): Resolved<string> => ({
  value,
  origin: variable === undefined ? { kind: 'flag', flag: '--browser' } : { kind: 'environment', variable },
})
const program = (name: string, ...words: readonly string[]) => ({ kind: 'program', program: name, words })
const none = (why: string) => ({ kind: 'none', why })

test.each<[string, Resolved<string> | undefined, Partial<BrowserSurroundings>, object]>([
  ['xdg-open on Linux', undefined, {}, program('xdg-open')],
  ['xdg-open with Wayland alone', undefined, { environment: { WAYLAND_DISPLAY: 'w' } }, program('xdg-open')],
  ['none without xdg-open', undefined, { find: () => undefined }, none('no-program')],
  ['none without a display', undefined, { environment: {} }, none('no-display')],
  ['none over SSH', undefined, { environment: { DISPLAY: ':10', SSH_CONNECTION: 'x' } }, none('ssh')],
  ['none in a container', undefined, { hasContainerMark: true }, none('container')],
  ['wslview in WSL', undefined, { environment: { WSL_DISTRO_NAME: 'Ubuntu' } }, program('wslview')],
  ['open on macOS', undefined, { platform: 'darwin', environment: {} }, program('/usr/bin/open')],
  [
    'the handler of URLs on Windows',
    undefined,
    { platform: 'win32', environment: { SystemRoot: 'C:\\Windows' } },
    program('C:\\Windows\\System32\\rundll32.exe', 'url.dll,FileProtocolHandler'),
  ],
  [
    'the configured one, over SSH too',
    set('firefox -P work %s'),
    { environment: { SSH_TTY: 'x' } },
    program('firefox', '-P', 'work', '%s'),
  ],
  [
    'the first of BROWSER that is there',
    set('missing:chromium --incognito:firefox', 'BROWSER'),
    {},
    program('chromium', '--incognito'),
  ],
  ['one command in AWSMFA_BROWSER', set('a:b', 'AWSMFA_BROWSER'), {}, program('a:b')],
  [
    'a path with a colon in BROWSER on Windows',
    set('"C:\\Program Files\\firefox.exe" -new-tab', 'BROWSER'),
    { platform: 'win32' },
    program('C:\\Program Files\\firefox.exe', '-new-tab'),
  ],
])('%s', (_, command, changes, expected) => {
  const found: BrowserChoice = chooseBrowser(command, { ...DESKTOP, ...changes })
  expect(found).toMatchObject(expected)
})

test.each<[string, Resolved<string> | undefined, Partial<BrowserSurroundings>, object]>([
  ['in CI, whose log would have the URL', undefined, { environment: { CI: 'true' } }, { reason: 'ci' }],
  ['in a container of CI', undefined, { environment: { CI: '1' }, hasContainerMark: true }, { reason: 'ci' }],
  ['for an unclosed quote', set("firefox 'x"), {}, { reason: 'quote' }],
  ['for an empty program', set("''"), {}, { reason: 'quote' }],
])('fails %s', (_, command, changes, failure) => {
  expect(failureOf(() => chooseBrowser(command, { ...DESKTOP, ...changes }))).toMatchObject(failure)
})
