/** Prompts on a pseudo-terminal. */
import { readFileSync } from 'node:fs'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { startOfDriver } from '../support/drivers.ts'
import { needsProgram } from '../support/outside-program.ts'
import { openPty } from '../support/pty.ts'
import type { Pty, PtyOptions } from '../support/pty.ts'
import { runProgram } from '../support/run-cli.ts'
import { createTempHome } from '../support/temp-home.ts'

const inShell = (words: readonly string[]): string => words.map((word) => `'${word}'`).join(' ')

const QUESTION = 'MFA code for alice (work): '
const environment = {
  PATH: process.env['PATH'] ?? '',
  HOME: '/',
  LANG: 'C.UTF-8',
  TERM: 'xterm',
  NO_COLOR: '1',
  PS1: 'shell> ',
  HISTFILE: '/dev/null',
}

describe.skipIf(!needsProgram('python3'))('a question at the controlling terminal', { timeout: 30_000 }, () => {
  let driver: readonly string[]
  /** The driver as a shell has it. */
  let line = ''
  const open: Pty[] = []

  beforeAll(async () => {
    driver = await startOfDriver('ask-at-terminal')
    line = inShell(driver)
  })
  afterEach(() => open.splice(0).forEach((pty) => pty.close()))

  const start = async (argv: readonly string[], options: Partial<PtyOptions> = {}): Promise<Pty> => {
    const pty = await openPty(argv, { environment, ...options })
    open.push(pty)
    return pty
  }
  const ask = (word: string, options: Partial<PtyOptions> = {}): Promise<Pty> => start([...driver, word], options)
  const shell = (text: string): Promise<Pty> => start(['/bin/sh', '-c', text.replaceAll('ASK', line)])

  it('echoes the digits, gives the code, and leaves the cursor where the question began', async () => {
    const pty = await ask('code')
    await pty.expect(QUESTION)
    expect(await pty.modes()).toEqual({ event: 'modes', echo: true, canonical: true })
    pty.send('123456')
    await pty.expect('123456')
    pty.send('\r')
    expect(await pty.exit()).toEqual({ code: 0, signal: null })
    expect(pty.screen().lines).toEqual(['result {"code":"123456","typed":true}', ''])
  })

  const edits = [
    { title: 'spaces round and inside', keys: ' 123 456 \r' },
    { title: 'a tab', keys: '123\t456\r' },
    { title: 'Backspace', keys: '12399\u007F\u007F456\r' },
    { title: 'Ctrl-U', keys: '999\u0015123456\r' },
    { title: 'Ctrl-D instead of Enter, twice as after any half line', keys: '123456\u0004\u0004' },
    { title: 'a line that is no code before', keys: '12345\r123456\r' },
    { title: 'empty lines before', keys: '\r\r123456\r' },
    { title: 'a long line of words before', keys: `${'word '.repeat(200)}\r123456\r` },
    { title: 'what was typed before the question was there', keys: '123456\r', early: true },
  ]
  it.each(edits)('takes a code with $title', async ({ keys, early }) => {
    const pty = await ask('code')
    if (early !== true) await pty.expect(QUESTION)
    pty.send(keys)
    await pty.expect('result {"code":"123456","typed":true}')
    expect(await pty.exit()).toEqual({ code: 0, signal: null })
  })

  it('leaves the rest of a paste of several lines alone', async () => {
    const pty = await shell('ASK code; read -r rest; echo "rest: $rest"')
    await pty.expect(QUESTION)
    pty.send('123 456\nand more\n')
    await pty.expect('result {"code":"123456","typed":true}')
    await pty.expect('rest: and more')
    expect(await pty.exit()).toEqual({ code: 0, signal: null })
  })

  it('says what a code looks like when asked again, and erases that too', async () => {
    const pty = await ask('code')
    await pty.expect(QUESTION)
    pty.send('abc\r')
    await pty.expect(`A code has six digits. ${QUESTION}`)
    pty.send('123456\r')
    await pty.exit()
    expect(pty.screen().lines).toEqual(['result {"code":"123456","typed":true}', ''])
  })

  it('keeps a question with its answer, without the spaces at its ends', async () => {
    const pty = await ask('ask')
    await pty.expect('Access key ID: ')
    pty.send(' AKIA \r')
    await pty.exit()
    expect(pty.screen().lines).toEqual(['Access key ID:  AKIA', 'result "AKIA"', ''])
  })

  it('shows nothing of an answer that must not be seen, takes Backspace, and leaves the terminal as it was', async () => {
    const pty = await shell('ASK secret; echo after; read -r rest')
    await pty.expect('Secret: ')
    expect(await pty.modes()).toMatchObject({ echo: false, canonical: false })
    pty.send('wJalx\u007FrX\r')
    await pty.expect('after')
    expect(await pty.modes()).toMatchObject({ echo: true, canonical: true })
    expect(pty.screen().lines).toEqual(['Secret:', 'result "wJalrX"', 'after', ''])
    expect(pty.output().replace(/result.*/, '')).not.toContain('wJal')
  })

  const hiddenEndings = [
    { title: 'Ctrl-C', word: 'secret', end: (pty: Pty) => pty.send('wJal\u0003') },
    { title: 'Ctrl-D', word: 'secret', end: (pty: Pty) => pty.send('\u0004') },
    { title: 'SIGINT', word: 'secret', end: (_: Pty, pid: number) => process.kill(pid, 'SIGINT') },
    { title: 'SIGQUIT', word: 'secret', end: (_: Pty, pid: number) => process.kill(pid, 'SIGQUIT') },
    { title: 'its process ending', word: 'crash', end: () => undefined },
  ]
  it.each(hiddenEndings)('shows what is typed again after $title', async ({ end, word }) => {
    const asking = `/bin/sh -c 'echo pid $$; exec "$0" "$1" "$2"' ${line} ${word}`
    const pty = await start(['/bin/sh', '-c', `trap : INT QUIT; ulimit -c 0; ${asking}; echo after; read -r rest`])
    const pid = Number(/\d+/.exec(await pty.expect(/pid \d+\r\n/))?.[0])
    await pty.expect('Secret: ')
    end(pty, pid)
    await pty.expect('after')
    expect(await pty.modes()).toMatchObject({ echo: true, canonical: true })
  })

  it('gives up after ten lines that are no code', async () => {
    const pty = await ask('code')
    pty.send('y\r'.repeat(10))
    await pty.expect('failure {"code":"TOKEN_CODE_MALFORMED","source":"typed"}')
    expect((await pty.exit()).code).toBe(4)
  })

  it('erases a question that takes several rows of a narrow terminal', async () => {
    const pty = await ask('code', { columns: 20 })
    await pty.expect(QUESTION.replace(' (', '\r\n  ('))
    pty.send('123456\r')
    await pty.exit()
    expect(pty.screen().lines.join('')).toBe('result {"code":"123456","typed":true}')
    expect(pty.screen().lines[0]).toBe('result {"code":"1234')
  })

  it('keeps the line on a terminal that cannot move its cursor', async () => {
    const pty = await ask('code', { environment: { ...environment, TERM: 'dumb' } })
    await pty.expect(QUESTION)
    pty.send('123456\r')
    await pty.exit()
    expect(pty.output()).toBe(`${QUESTION}123456\r\nresult {"code":"123456","typed":true}\r\n`)
  })

  it('shows why the code before was not taken, and keeps that', async () => {
    const pty = await ask('refused')
    await pty.expect(QUESTION)
    pty.send('123456\r')
    await pty.exit()
    expect(pty.screen().lines).toEqual([
      '✖ Code not accepted. Each code works once; the next one appears in 17 s',
      'result {"code":"123456","typed":true}',
      '',
    ])
  })

  const refusals = [
    { title: 'Ctrl-C', keys: '\u0003' },
    { title: 'Ctrl-C after digits', keys: '123\u0003' },
    { title: 'Ctrl-D in an empty line', keys: '\u0004' },
  ]
  it.each(refusals)('is cancelled by $title, erased, with 130', async ({ keys }) => {
    const pty = await ask('code')
    await pty.expect(QUESTION)
    pty.send(keys)
    expect(await pty.exit()).toEqual({ code: 130, signal: null })
    expect(pty.screen().lines).toEqual(['failure {"code":"CANCELLED"}', ''])
  })

  it('is cancelled by Ctrl-C on a terminal that another program left raw', async () => {
    const pty = await shell('stty raw -echo; ASK code')
    await pty.expect(QUESTION)
    pty.send('\u0003')
    await pty.expect('failure {"code":"CANCELLED"}')
    expect((await pty.exit()).code).toBe(130)
  })

  it('takes a code with Backspace and Enter on a terminal that another program left raw', async () => {
    const pty = await shell('stty raw -echo; ASK code')
    await pty.expect(QUESTION)
    pty.send('123457\u007F6\r')
    await pty.expect('result {"code":"123456","typed":true}')
  })

  it('gives back every descriptor that a question took', async () => {
    const pty = await ask('descriptors')
    await pty.expect(QUESTION)
    pty.send('1\r2\r3\r123456\r')
    await pty.expect('result 0')
  })

  it('is withdrawn when the signal aborts, and nothing keeps the process alive', async () => {
    const pty = await ask('abort')
    await pty.expect(QUESTION)
    pty.signal('SIGUSR2')
    await pty.expect('failure "Error: withdrawn"')
    expect(await pty.exit()).toEqual({ code: 4, signal: null })
    expect(pty.screen().lines).toEqual(['failure "Error: withdrawn"', ''])
  })

  it.each(['SIGKILL', 'SIGTERM'])('leaves the terminal as it was when %s ends the process', async (signal) => {
    const pty = await shell(`ASK die ${signal}; echo ended; read -r line; echo "read: $line"`)
    await pty.expect(QUESTION)
    await pty.expect('ended')
    expect(await pty.modes()).toEqual({ event: 'modes', echo: true, canonical: true })
    pty.send('still a shell\r')
    await pty.expect('read: still a shell')
  })

  it('ends when the terminal goes away', async () => {
    const pty = await ask('code')
    await pty.expect(QUESTION)
    pty.hangUp()
    const { code, signal } = await pty.exit()
    expect(signal ?? code).toBe('SIGHUP')
  })

  it('lets everything else go on meanwhile', async () => {
    const pty = await ask('busy')
    await pty.expect(QUESTION)
    pty.send('123')
    await pty.expect('123')
    pty.signal('SIGUSR2')
    await pty.expect('turning')
    pty.send('456\r')
    await pty.expect('result {"code":"123456","typed":true}')
  })

  it('is asked though stdin, stdout and stderr are pipes, and stdin is not read', async () => {
    const pty = await shell('{ echo left alone; } | { ASK code 2>&1 | cat; cat; }')
    await pty.expect(QUESTION)
    pty.send('123456\r')
    await pty.expect('result {"code":"123456","typed":true}')
    await pty.expect('left alone')
  })

  it('is refused to a background job instead of stopping it', async () => {
    const pty = await start(['bash', '--norc', '--noprofile', '-i'])
    await pty.expect('shell> ')
    pty.send(`${line} can-ask & wait\r`)
    await pty.expect('result false')
    pty.send(`${line} confirm & wait\r`)
    await pty.expect('failure {"code":"PROMPT_UNAVAILABLE","obstacle":"background","wanted":"answer"}')
    pty.send(`${line} code & wait\r`)
    await pty.expect('failure {"code":"PROMPT_UNAVAILABLE","obstacle":"background","wanted":"token-code"}')
  })

  it('is shown again after Ctrl-Z and fg, and given up after bg', async () => {
    const pty = await start(['bash', '--norc', '--noprofile', '-i'])
    await pty.expect('shell> ')
    pty.send(`${line} code\r`)
    await pty.expect(QUESTION)
    pty.send('12\u001A')
    await pty.expect('shell> ')
    pty.send('fg\r')
    await pty.expect(QUESTION)
    pty.send('123456\r')
    await pty.expect('result {"code":"123456","typed":true}')
    await pty.expect('shell> ')
    pty.send(`${line} code\r`)
    await pty.expect(QUESTION)
    pty.send('\u001A')
    await pty.expect('shell> ')
    pty.send('bg\r')
    await pty.expect('failure {"code":"PROMPT_UNAVAILABLE","obstacle":"background","wanted":"token-code"}')
  })

  it.each([
    { mode: 'that is edited by the kernel', keys: ['123', '456\r'] },
    { mode: 'that is edited over the note', keys: ['124', '\u007F3456\r'] },
    { mode: 'that was entered at once', keys: ['', '123456\r'] },
  ])('keeps a line $mode, through two notes', async ({ keys: [first = '', second = ''] }) => {
    const pty = await ask('note-code')
    await pty.expect(QUESTION)
    pty.send(first)
    await pty.expect(first)
    pty.signal('SIGUSR2')
    await pty.expect(`awsmfa: note: one\r\n${QUESTION}${first}`)
    pty.signal('SIGUSR2')
    await pty.expect(`awsmfa: note: two\r\n${QUESTION}${first}`)
    pty.send(second)
    await pty.expect('result {"code":"123456","typed":true}')
    expect(await pty.exit()).toEqual({ code: 0, signal: null })
    expect(pty.screen().lines).toEqual([
      'awsmfa: note: one',
      'awsmfa: note: two',
      'result {"code":"123456","typed":true}',
      '',
    ])
  })

  it('keeps a line with wide characters over several rows of a narrow terminal, through a note and a resize', async () => {
    const pty = await ask('note-ask', { columns: 20 })
    await pty.expect('Access key ID: ')
    pty.send('鍵鍵鍵🚀🚀🚀')
    await pty.expect('🚀🚀🚀')
    pty.signal('SIGUSR2')
    await pty.expect('note: one\r\nAccess key ID: 鍵鍵鍵🚀🚀🚀')
    pty.resize(30)
    await pty.expect('Access key ID: 鍵鍵鍵🚀🚀🚀')
    pty.send('鍵\u007F!\r')
    await pty.exit()
    expect(pty.screen().lines.slice(-3)).toEqual(['Access key ID: 鍵鍵鍵🚀🚀🚀!', 'result "鍵鍵鍵🚀🚀🚀!"', ''])
  })

  it('gives the terminal back to the kernel after a note before which nothing was typed', async () => {
    const pty = await ask('note-code')
    await pty.expect(QUESTION)
    pty.signal('SIGUSR2')
    await pty.expect(`note: one\r\n${QUESTION}`)
    expect(await pty.modes()).toMatchObject({ echo: true, canonical: true })
    pty.send('123456\r')
    await pty.expect('result {"code":"123456","typed":true}')
  })

  it('prints a note above a hidden question, and shows nothing of what was typed', async () => {
    const pty = await ask('note-secret')
    await pty.expect('Secret: ')
    pty.send('wJal')
    pty.signal('SIGUSR2')
    await pty.expect('awsmfa: note: one\r\nSecret: ')
    pty.send('rX\r')
    await pty.exit()
    expect(pty.screen().lines).toEqual(['awsmfa: note: one', 'Secret:', 'result "wJalrX"', ''])
    expect(await pty.modes().catch(() => 'ended')).toBe('ended')
  })

  it('has other words before it, and later none, without losing what was typed', async () => {
    const pty = await ask('preface')
    await pty.expect(QUESTION)
    pty.send('123')
    await pty.expect('123')
    pty.signal('SIGUSR2')
    await pty.expect(`Touch it. ${QUESTION}123`)
    pty.send('456\r')
    await pty.exit()
    expect(pty.screen().lines).toEqual(['result {"code":"123456","typed":true}', ''])
  })

  it('waits while another question is asked over it, which gets nothing of what was typed before', async () => {
    const pty = await ask('over')
    await pty.expect(QUESTION)
    pty.send('123')
    await pty.expect('123')
    pty.signal('SIGUSR2')
    await pty.expect('Secret: ')
    expect(await pty.modes()).toMatchObject({ echo: false, canonical: false })
    pty.send('wJal\r')
    await pty.expect(`${QUESTION}123`)
    pty.send('456\r')
    await pty.exit()
    expect(pty.screen().lines).toEqual(['Secret:', 'result {"code":"123456","typed":true,"over":"wJal"}', ''])
  })

  it('ends with the one that is asked over it on Ctrl-C', async () => {
    const pty = await ask('over')
    await pty.expect(QUESTION)
    pty.signal('SIGUSR2')
    await pty.expect('Secret: ')
    pty.send('\u0003')
    expect(await pty.exit()).toEqual({ code: 130, signal: null })
    expect(pty.screen().lines).toEqual(['failure {"code":"CANCELLED"}', ''])
  })

  it.each([
    { when: 'before the first', early: true, keys: 'AKIA\ry\r' },
    { when: 'at the first', early: false, keys: 'AKIA\ry\r' },
  ])('answers two questions with two lines that were typed $when', async ({ early, keys }) => {
    const pty = await ask('two')
    if (!early) await pty.expect('Access key ID: ')
    pty.send(keys)
    await pty.expect('result ["AKIA",true]')
    expect(await pty.exit()).toEqual({ code: 0, signal: null })
    expect(pty.screen().lines).toEqual(
      expect.arrayContaining(['Access key ID: AKIA', 'Apply these changes? [y/N] y', 'result ["AKIA",true]']),
    )
  })

  it('answers hidden questions with lines of one paste, and a question that is shown with the rest', async () => {
    const pty = await ask('two-secrets')
    await pty.expect('Secret: ')
    pty.send('wJal\rrXUt\r\nAK')
    await pty.expect('Access key ID: AK')
    pty.send('IA\r')
    await pty.expect('result ["wJal","rXUt","AKIA"]')
    await pty.exit()
    expect(pty.screen().lines).toEqual([
      'Secret:',
      'Secret:',
      'Access key ID: AKIA',
      'result ["wJal","rXUt","AKIA"]',
      '',
    ])
  })

  it.each([
    { title: 'a line that was begun', keys: '12' },
    { title: 'one with words over the whole row', keys: '1'.repeat(60) },
  ])('drops $title when it is withdrawn, and the next question gets the next line', async ({ keys }) => {
    const pty = await ask('withdrawn')
    await pty.expect(QUESTION)
    pty.send(keys)
    await pty.expect(keys)
    pty.signal('SIGUSR2')
    await pty.expect('Access key ID: ')
    pty.send('AKIA\r')
    await pty.expect('result "AKIA"')
  })

  it('stops on Ctrl-Z while the line is edited here, and goes on with it after fg', async () => {
    const pty = await start(['bash', '--norc', '--noprofile', '-i'])
    await pty.expect('shell> ')
    pty.send(`echo "pid $$"; ${line} note-code\r`)
    await pty.expect(QUESTION)
    pty.send('123')
    await pty.expect('123')
    const children = `/proc/${pty.pid}/task/${pty.pid}/children`
    process.kill(Number(readFileSync(children, 'utf8').trim()), 'SIGUSR2')
    await pty.expect(`note: one\r\n${QUESTION}123`)
    pty.send('\u001A')
    await pty.expect('shell> ')
    pty.send('fg\r')
    await pty.expect(`${QUESTION}123`)
    pty.send('456\r')
    await pty.expect('result {"code":"123456","typed":true}')
  })

  it('does not show a hidden answer after Ctrl-Z where no shell could stop and continue it', async () => {
    const pty = await ask('secret')
    await pty.expect('Secret: ')
    pty.send('\u001A')
    await pty.expect('Secret: ')
    expect(await pty.modes()).toMatchObject({ echo: false })
    pty.send('wJalr\r')
    await pty.expect('result "wJalr"')
    expect(pty.output().indexOf('wJalr')).toBe(pty.output().indexOf('result "wJalr"') + 'result "'.length)
  })

  it('is refused without a terminal', async () => {
    const pty = await shell('(setsid -w ASK can-ask; setsid -w ASK confirm; setsid -w ASK code) | cat')
    await pty.expect('result false')
    await pty.expect('failure {"code":"PROMPT_UNAVAILABLE","obstacle":"no-terminal","wanted":"answer"}')
    await pty.expect('failure {"code":"PROMPT_UNAVAILABLE","obstacle":"no-terminal","wanted":"token-code"}')
  })

  const answers = [
    { keys: 'y\r', result: true },
    { keys: ' YES \r', result: true },
    { keys: '\r', result: false },
    { keys: 'n\r', result: false },
    { keys: 'yesterday\r', result: false },
  ]
  it.each(answers)('takes $keys to yes or no as $result and keeps the line', async ({ keys, result }) => {
    const pty = await ask('confirm')
    await pty.expect('Apply these changes? [y/N] ')
    pty.send(keys)
    await pty.exit()
    expect(pty.screen().lines).toEqual([`Apply these changes? [y/N] ${keys}`.trimEnd(), `result ${String(result)}`, ''])
  })

  it('asks for a choice by number or name on a terminal that cannot move its cursor', async () => {
    const pty = await ask('choose', { environment: { ...environment, TERM: 'dumb' } })
    await pty.expect('Which device? (number, or part of its name):\r\n  1  alice\r\n  2  bob\r\n[1-2] ')
    pty.send('3\r')
    await pty.expect('No match\r\n[1-2] ')
    pty.send('BO\r')
    await pty.expect('result 1')
  })

  it.each([
    ['arrows', ['\u001B[B', '\u001BOB', '\u001B[A'], 1],
    ['a part of a name', ['ccount-27'], 26],
    ['a part of a name, corrected', ['ccount-28', '\u007F7'], 26],
    ['a part of the detail', ['1111111', '14'], 3],
    ['an arrow after a part', ['-2', '\u001B[B'], 19],
  ])('lets a person pick by %s, and leaves the choice on the screen', async (_, keys, index) => {
    const pty = await ask('pick')
    await pty.expect('Esc to cancel')
    for (const key of keys) {
      pty.send(key)
      await pty.expect('Esc to cancel')
    }
    expect(await pty.modes()).toMatchObject({ echo: false, canonical: false })
    pty.send('\r')
    await pty.exit()
    const [chosen = '', ...others] = pty.screen().lines
    expect(chosen).toMatch(new RegExp(`^Profile: account-${index + 1}(-with|$)`))
    expect(others).toEqual([`result ${index}`, ''])
  })

  it('lets a person pick before the list is shown', async () => {
    const pty = await ask('pick')
    pty.send('count-30\r')
    await pty.expect('result 29')
    await pty.exit()
    expect(pty.screen().lines.slice(-3)).toEqual(['Profile: account-30', 'result 29', ''])
  })

  it.each([
    ['Esc', '\u001B'],
    ['Ctrl-C', '\u0003'],
    ['Ctrl-D', '\u0004'],
  ])('is left by %s, and nothing of the list remains', async (_, key) => {
    const pty = await start(['/bin/sh', '-c', `trap : INT; ${line} pick; echo "ended $?"; read -r line`])
    await pty.expect('Esc to cancel')
    pty.send('\u001B[B')
    await pty.expect('Esc to cancel')
    pty.send(key)
    await pty.expect('ended 130')
    expect(await pty.modes()).toMatchObject({ echo: true, canonical: true })
    expect(pty.screen().lines).toEqual(['failure {"code":"CANCELLED"}', 'ended 130', ''])
  })

  it('keeps a list that is filtered through two notes and a resize', async () => {
    const pty = await ask('note-pick')
    await pty.expect('Esc to cancel')
    pty.send('count-29')
    await pty.expect('1 of 30')
    pty.signal('SIGUSR2')
    await pty.expect('note: one\r\nProfile: count-29')
    pty.signal('SIGUSR2')
    await pty.expect('note: two\r\nProfile: count-29')
    await pty.expect('Esc to cancel')
    pty.resize(40)
    await pty.expect('Enter, Esc')
    pty.send('\r')
    await pty.exit()
    // Rows before the resize were wider.
    expect(pty.screen().lines.slice(-3)).toEqual(['Profile: account-29', 'result 28', ''])
  })

  it('is erased by Ctrl-Z, and comes back with fg', async () => {
    const pty = await start(['bash', '--norc', '--noprofile', '-i'])
    await pty.expect('shell> ')
    pty.send(`${line} pick\r`)
    await pty.expect('Esc to cancel')
    pty.send('count-29')
    await pty.expect('1 of 30')
    pty.send('\u001A')
    await pty.expect('shell> ')
    expect(pty.screen().lines.join('\n')).not.toContain('account-')
    pty.send('fg\r')
    await pty.expect('Profile: count-29')
    pty.send('\r')
    await pty.expect('result 28')
  })
})

describe.skipIf(!needsProgram('tmux') || !needsProgram('python3'))('a list in tmux', { timeout: 30_000 }, () => {
  it.each([
    { columns: 40, widest: 'Enter, Esc' },
    { columns: 80, widest: 'Esc to cancel' },
  ])('fits in $columns columns and 24 rows, scrolls, and is erased', async ({ columns, widest }) => {
    const home = createTempHome()
    const own = { ...environment, TMUX_TMPDIR: home.path, SHELL: '/bin/sh' }
    const tmux = async (...words: readonly string[]): Promise<string> =>
      (await runProgram(['tmux', ...words], { environment: own })).stdout
    const asking = `${inShell(await startOfDriver('ask-at-terminal'))} pick; read -r line`
    const pty = await openPty(['tmux', '-f', '/dev/null', 'new-session', `/bin/sh -c "${asking}"`], {
      environment: own,
      columns,
      rows: 25,
    })
    const pane = async (): Promise<readonly string[]> => (await tmux('capture-pane', '-p')).trimEnd().split('\n')
    try {
      await pty.expect(widest)
      const first = await pane()
      expect(first[0]).toBe('Profile:')
      expect(first[1]).toMatch(/^> account-1/)
      expect(first.length).toBeLessThanOrEqual(24)
      expect(await tmux('display-message', '-p', '#{cursor_x},#{cursor_y}')).toBe('9,0\n')
      await tmux('send-keys', 'Up')
      await pty.expect('account-30')
      expect((await pane()).at(-2)).toMatch(/^> account-30/)
      await tmux('send-keys', 'count-17')
      await pty.expect('1 of 30')
      expect(await pane()).toHaveLength(3)
      await tmux('send-keys', 'Enter')
      await pty.expect('result 16')
      expect(await pane()).toEqual(['Profile: account-17', 'result 16'])
    } finally {
      await tmux('kill-server')
      pty.close()
      home.remove()
    }
  })
})
