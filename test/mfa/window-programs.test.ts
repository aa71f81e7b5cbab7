/** The input for zenity, pinentry, osascript and PowerShell, and their answers. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  OSASCRIPT,
  OSASCRIPT_SOURCE,
  PINENTRY,
  POWERSHELL_SOURCE,
  ZENITY,
  escapeZenity,
  pinentryCommands,
  powershellSpec,
} from '../../src/mfa/window-programs.ts'
import type { WindowEnd, WindowText } from '../../src/mfa/window-programs.ts'

const TEXT: WindowText = {
  title: 'awsmfa',
  text: 'MFA code for jürgen\n\nProfile: a_b "c" $(d) \\n 50% <b>',
  problem: undefined,
  label: 'Token code',
}
const AGAIN: WindowText = { ...TEXT, problem: 'A code has six digits.' }
const end = (changes: Partial<WindowEnd>): WindowEnd => ({ exitCode: 0, stdout: '', stderr: '', ...changes })
const POWERSHELL = powershellSpec('C:\\Windows')

describe('zenity', () => {
  it('gets the text as data', () => {
    expect(ZENITY.call(AGAIN, 50)).toEqual({
      words: [
        '--entry',
        '--title=awsmfa',
        '--text=A code has six digits.\\n\\nMFA code for j\\303\\274rgen\\n\\nProfile: a__b "c" $(d) \\\\n 50% <b>',
        '--timeout=50',
      ],
      variables: { ZENITY_CANCEL: '10', ZENITY_ESC: '10', ZENITY_TIMEOUT: '11' },
    })
  })

  it('shows every text unchanged', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        const escaped = escapeZenity(text)
        expect(escaped).toMatch(/^[\x20-\x7e]*$/)
        expect(shownByZenity(escaped)).toBe(text)
      }),
    )
  })

  const ends = [
    { title: 'a code', end: end({ stdout: '123456\n' }), answer: { kind: 'text', text: '123456' } },
    {
      title: 'a code, with what GTK says',
      end: end({ stdout: '123456\n', stderr: 'Gtk-WARNING\n' }),
      answer: { kind: 'text', text: '123456' },
    },
    { title: 'nothing typed', end: end({ stdout: '\n' }), answer: { kind: 'text', text: '' } },
    { title: 'Cancel', end: end({ exitCode: 10 }), answer: { kind: 'cancelled' } },
    { title: 'Cancel of a program that stands in for it', end: end({ exitCode: 1 }), answer: { kind: 'cancelled' } },
    { title: 'no answer in time', end: end({ exitCode: 11 }), answer: { kind: 'timed-out' } },
    {
      title: 'no answer in time of a program that stands in for it',
      end: end({ exitCode: 5 }),
      answer: { kind: 'timed-out' },
    },
    {
      title: 'no display',
      end: end({ exitCode: 1, stderr: '\nUnable to init server\ncannot open display: :7\n' }),
      answer: { kind: 'failed', detail: 'Unable to init server' },
    },
    { title: 'a signal', end: end({ exitCode: undefined }), answer: { kind: 'failed', detail: '' } },
  ]
  it.each(ends)('returns $title', ({ end: ended, answer }) => expect(ZENITY.answer(ended)).toEqual(answer))
})

/** The result of g_strcompress and of a label with mnemonics. */
function shownByZenity(escaped: string): string {
  const bytes = escaped.replace(/\\([0-7]{3}|.)/g, (_, word: string) =>
    word === 'n' ? '\n' : word.length === 3 ? String.fromCharCode(Number.parseInt(word, 8)) : word,
  )
  return Buffer.from(bytes, 'latin1').toString().replaceAll('__', '_')
}

describe('pinentry', () => {
  it('gets all commands at once', () => {
    expect(PINENTRY.call(AGAIN, 50)).toEqual({
      words: [],
      input: [
        'GETINFO flavor',
        'OPTION no-grab',
        'SETTITLE awsmfa',
        'SETDESC A code has six digits.%0A%0AMFA code for jürgen%0A%0AProfile: a_b "c" $(d) \\n 50%25 \\x3cb>',
        'SETPROMPT Token code:',
        'SETTIMEOUT 50',
        'GETPIN',
        'BYE',
        '',
      ].join('\n'),
    })
  })

  it('gets eight lines of at most 1000 bytes for any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 0, maxLength: 2000 }), (text) => {
        const lines = pinentryCommands({ ...TEXT, text }, 50)
        expect(lines).toHaveLength(8)
        expect(lines.filter((line) => /[\r\n]/.test(line) || Buffer.byteLength(`${line}\n`) > 1000)).toEqual([])
        expect(lines.map((line) => line.split(' ')[0])).toEqual([
          'GETINFO',
          'OPTION',
          'SETTITLE',
          'SETDESC',
          'SETPROMPT',
          'SETTIMEOUT',
          'GETPIN',
          'BYE',
        ])
      }),
    )
  })

  const replies = (flavor: string, ...pin: readonly string[]): WindowEnd =>
    end({
      stdout: [
        'OK Pleased to meet you',
        `D ${flavor}`,
        'OK',
        'OK',
        'OK',
        'OK',
        'OK',
        'OK',
        ...pin,
        'OK closing connection',
        '',
      ].join('\n'),
    })
  const ends = [
    { title: 'a code', end: replies('gtk2', 'D 123456', 'OK'), answer: { kind: 'text', text: '123456' } },
    {
      title: 'a code among remarks',
      end: replies('qt', 'S PASSWORD_FROM_CACHE', 'D 12%2534', 'D 56', 'OK'),
      answer: { kind: 'text', text: '12%3456' },
    },
    { title: 'nothing typed', end: replies('qt', 'OK'), answer: { kind: 'text', text: '' } },
    {
      title: 'Cancel',
      end: replies('qt', 'ERR 83886179 Operation cancelled <Pinentry>'),
      answer: { kind: 'cancelled' },
    },
    {
      title: 'a closed window',
      end: replies('gnome3', 'ERR 83886278 Fully cancelled <Pinentry>'),
      answer: { kind: 'cancelled' },
    },
    {
      title: 'no answer in time',
      end: replies('gtk2', 'ERR 83886142 Timeout <Pinentry>'),
      answer: { kind: 'timed-out' },
    },
    {
      title: 'no display',
      end: replies(
        'gtk2:curses',
        'S ERROR gtk2.isatty 83918950 ',
        'ERR 83918950 Inappropriate ioctl for device <Pinentry>',
      ),
      answer: { kind: 'failed', detail: 'it is pinentry-curses' },
    },
    {
      title: 'a terminal that it found',
      end: replies('tty', 'D 123456', 'OK'),
      answer: { kind: 'failed', detail: 'it is pinentry-tty' },
    },
    {
      title: 'another error',
      end: replies('qt', 'ERR 83886340 No such thing <Pinentry>'),
      answer: { kind: 'failed', detail: 'No such thing <Pinentry>' },
    },
    {
      title: 'an old one that cannot tell its flavor',
      end: end({ stdout: `OK\nERR 536871187 Unknown\n${'OK\n'.repeat(5)}D 123456\nOK\n` }),
      answer: { kind: 'text', text: '123456' },
    },
    {
      title: 'one that breaks down',
      end: end({ exitCode: 1, stdout: `OK\nD gtk2\n${'OK\n'.repeat(6)}` }),
      answer: { kind: 'failed', detail: '' },
    },
    { title: 'no program of the kind', end: end({ stdout: 'hello\n' }), answer: { kind: 'failed', detail: '' } },
  ]
  it.each(ends)('returns $title', ({ end: ended, answer }) => expect(PINENTRY.answer(ended)).toEqual(answer))
})

describe('osascript (not run)', () => {
  it('gets the text as arguments of a constant script', () => {
    const { words, variables } = OSASCRIPT.call(AGAIN, 50)
    expect(words).toEqual([
      ...OSASCRIPT_SOURCE.flatMap((line) => ['-e', line]),
      `A code has six digits.\n\n${TEXT.text}`,
      'awsmfa',
      '50',
    ])
    expect(variables).toBeUndefined()
    expect(OSASCRIPT_SOURCE).toEqual([
      'on run argv',
      'activate',
      'set shown to display dialog (item 1 of argv) default answer "" with title (item 2 of argv) buttons {"Cancel", "OK"} default button "OK" cancel button "Cancel" giving up after ((item 3 of argv) as integer)',
      'if gave up of shown then return "gave up"',
      'return "typed:" & text returned of shown',
      'end run',
    ])
  })

  const ends = [
    { title: 'a code', end: end({ stdout: 'typed:123456\n' }), answer: { kind: 'text', text: '123456' } },
    { title: 'nothing typed', end: end({ stdout: 'typed:\n' }), answer: { kind: 'text', text: '' } },
    { title: 'no answer in time', end: end({ stdout: 'gave up\n' }), answer: { kind: 'timed-out' } },
    {
      title: 'Cancel, in any language',
      end: end({ exitCode: 1, stderr: '207:360: execution error: Abgebrochen. (-128)\n' }),
      answer: { kind: 'cancelled' },
    },
    {
      title: 'nobody at the screen',
      end: end({ exitCode: 1, stderr: 'execution error: No user interaction allowed. (-1713)\n' }),
      answer: { kind: 'failed', detail: 'execution error: No user interaction allowed. (-1713)' },
    },
  ]
  it.each(ends)('returns $title', ({ end: ended, answer }) => expect(OSASCRIPT.answer(ended)).toEqual(answer))
})

describe('PowerShell (not run)', () => {
  it('gets the text in the environment of a constant script', () => {
    expect(POWERSHELL.files).toEqual(['C:\\Windows\\System32\\WindowsPowerShell\\v1.0\\powershell.exe'])
    expect(POWERSHELL.call(AGAIN, 50)).toEqual({
      words: ['-NoLogo', '-NoProfile', '-NonInteractive', '-STA', '-Command', POWERSHELL_SOURCE],
      variables: {
        AWSMFA_WINDOW_TITLE: 'awsmfa',
        AWSMFA_WINDOW_TEXT: `A code has six digits.\n\n${TEXT.text}`,
        AWSMFA_WINDOW_LABEL: 'Token code',
        AWSMFA_WINDOW_SECONDS: '50',
      },
    })
    expect(POWERSHELL_SOURCE).not.toMatch(/["\r\n]/)
    expect(POWERSHELL_SOURCE).toContain('Text = $env:AWSMFA_WINDOW_TEXT; UseMnemonic = $false;')
  })

  const ends = [
    { title: 'a code', end: end({ stdout: '123456' }), answer: { kind: 'text', text: '123456' } },
    { title: 'Cancel', end: end({ exitCode: 10 }), answer: { kind: 'cancelled' } },
    { title: 'no answer in time', end: end({ exitCode: 11 }), answer: { kind: 'timed-out' } },
    {
      title: 'no Windows Forms',
      end: end({ exitCode: 1, stderr: 'Add-Type : Cannot add type.\n' }),
      answer: { kind: 'failed', detail: 'Add-Type : Cannot add type.' },
    },
  ]
  it.each(ends)('returns $title', ({ end: ended, answer }) => expect(POWERSHELL.answer(ended)).toEqual(answer))
})
