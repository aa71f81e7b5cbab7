/**
 * The pictures of the README: bash on a pseudo-terminal, the built tool, the strict STS. `npm run docs:pictures` makes
 * them anew; without it, they have to be what is seen now. Times, codes and what follows from them are made the same.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { needsProgram } from '../support/outside-program.ts'
import { openPty } from '../support/pty.ts'
import type { Pty } from '../support/pty.ts'
import { aliceWorld } from '../support/strict-sts/worlds.ts'
import { drawPicture, lastFrameText } from '../support/terminal-picture.ts'
import type { Frame } from '../support/terminal-picture.ts'
import { openSandbox } from '../support/sandbox.ts'
import type { Sandbox } from '../support/sandbox.ts'
import { ROOT } from './built-files.ts'

const COLUMNS = 88
const RC = `eval "$(awsmfa shell-init bash)"\nPS1='\${AWSMFA_PS1:+($AWSMFA_PS1) }$ '\nbind 'set enable-bracketed-paste off'\n`

/** A person at bash, and what was seen meanwhile. */
interface Session {
  readonly sandbox: Sandbox
  readonly pty: Pty
  readonly moments: Frame[]
  /** Types letter by letter, without the Enter key. `shows` is what follows when all of `typed` has been echoed. */
  readonly type: (keys: string, shows?: (typed: string) => string | RegExp) => Promise<void>
  readonly enter: (shown: RegExp, seconds: number) => Promise<void>
}

/** One code for all pictures, one time of day, one length. */
function normalize(line: string): string {
  return line
    .replace(/(?<=^MFA code .*: )\d+$/, (found) => '123456'.slice(0, found.length))
    .replace(/until \d\d:\d\d/g, 'until 19:40')
    .replace(/\((\w+) 1[12]h\d+m\)/g, '($1 11h59m)')
    .replace(/11 h 5\d min/g, '11 h 59 min')
}

/**
 * Where it is between 7 and 8 in the morning, so that a session of 12 hours ends on the same day. `Etc/GMT+7` is west
 * of Greenwich, and goes up to 12.
 */
function timeZoneOfMorning(): string {
  const west = new Date().getUTCHours() - 7
  const offset = west > 12 ? west - 24 : west
  return `Etc/GMT${offset < 0 ? '' : '+'}${offset}`
}

async function openSession(sandbox: Sandbox): Promise<Session> {
  sandbox.home.write('.bashrc', RC)
  const environment = {
    ...sandbox.world.environment,
    AWS_PROFILE: 'work',
    TERM: 'xterm-256color',
    LC_ALL: 'C.UTF-8',
    TZ: timeZoneOfMorning(),
    PS1: '',
  }
  const pty = await openPty(['bash', '--noprofile', '--rcfile', join(sandbox.home.path, '.bashrc'), '-i'], {
    environment,
    cwd: sandbox.home.path,
    columns: COLUMNS,
  })
  await pty.expect(/\$ $/)
  const begin = pty.output().lastIndexOf('(work')
  const moments: Frame[] = []
  const see = (seconds: number): void => void moments.push({ output: pty.output().slice(begin), seconds })
  see(1)
  const type: Session['type'] = async (keys, shows = (typed) => typed.slice(-1)) => {
    let typed = ''
    for (const key of keys) {
      typed += key
      pty.send(key)
      await pty.expect(shows(typed))
      see(0.08)
    }
  }
  const enter = async (shown: RegExp, seconds: number): Promise<void> => {
    pty.send('\r')
    await pty.expect(shown)
    see(seconds)
  }
  return { sandbox, pty, moments, type, enter }
}

async function stageWithKeys(): Promise<Sandbox> {
  const sandbox = await openSandbox(aliceWorld())
  const [key, secret] = await Promise.all([
    sandbox.world.variables['alice-key']?.(),
    sandbox.world.variables['alice-secret']?.(),
  ])
  sandbox.home.write(
    '.aws/credentials',
    `[work-long-term]\naws_access_key_id = ${key}\naws_secret_access_key = ${secret}\n`,
  )
  sandbox.home.write('infra/main.tf', '')
  sandbox.home.write(
    '.aws/config',
    '[profile work]\nregion = eu-west-1\nawsmfa_source_profile = work-long-term\nawsmfa_mfa_serial = arn:aws:iam::111111111111:mfa/alice\n',
  )
  return sandbox
}

/** The whole list with what was typed above it; its last bytes put the cursor back there. */
const listAfter = (typed: string): RegExp => new RegExp(`: ${typed}[^]*Esc to cancel[^]*\\r\u001B\\[\\d+C$`)
const PROMPT = /\(\w+ [^)]*\) \$ $/

async function signIn({ sandbox, type, enter }: Session): Promise<void> {
  await type('awsmfa login')
  await enter(/MFA code .*: $/, 1)
  await type((await sandbox.world.variables['code']?.()) ?? '')
  await enter(PROMPT, 2)
}

/** Puts the session's end near in the line that prompts read, as if hours had gone by. */
function letTimePass({ home }: Sandbox): void {
  const path = '.aws/credentials.awsmfa/work'
  const [version, , ...rest] = readFileSync(join(home.path, path), 'utf8').split(' ')
  home.write(path, [version, String(Math.floor(Date.now() / 1000) + 595), ...rest].join(' '))
}

const ROLES = ['admin', 'billing', 'deploy', 'logs']
  .map((name, index) => {
    const [account, role] = [String(index + 2).repeat(12), `${name.charAt(0).toUpperCase()}${name.slice(1)}`]
    return `[profile ${name}]\nrole_arn = arn:aws:iam::${account}:role/${role}\nsource_profile = work\nregion = eu-west-1\n`
  })
  .join('')

const SCENES: Readonly<Record<string, { readonly title: string; readonly play: (session: Session) => Promise<void> }>> =
  {
    login: {
      title: 'awsmfa login prompts for a code; then the shell prompt and awsmfa status show the time remaining',
      play: async (session) => {
        await signIn(session)
        await session.type('awsmfa status')
        await session.enter(PROMPT, 3)
      },
    },
    day: {
      title: 'awsmfa-use lists the profiles; typing filters the list, and Enter selects one',
      play: async (session) => {
        const { home } = session.sandbox
        home.write('.aws/config', `${home.read('.aws/config').toString()}${ROLES}`)
        await signIn(session)
        session.moments.length = 0
        await session.type('awsmfa-use')
        await session.enter(listAfter(''), 2)
        await session.type('dep', listAfter)
        await session.enter(PROMPT, 2)
        await session.type('awsmfa status')
        await session.enter(PROMPT, 3)
      },
    },
    expiry: {
      title: 'Ten minutes before a session ends, a line above the prompt shows the command that renews it',
      play: async (session) => {
        await signIn(session)
        session.moments.length = 0
        letTimePass(session.sandbox)
        await session.type('cd infra')
        await session.enter(PROMPT, 3)
      },
    },
  }

describe.skipIf(process.platform === 'win32' || !needsProgram('python3') || !needsProgram('bash'))(
  'the pictures of the README',
  () => {
    it.each(Object.keys(SCENES))('%s is what a person sees', async (name) => {
      const scene = SCENES[name]
      if (scene === undefined) throw new Error('there is no such scene')
      const sandbox = await stageWithKeys()
      const session = await openSession(sandbox)
      try {
        await scene.play(session)
      } finally {
        session.pty.close()
        await sandbox.close()
      }
      const picture = drawPicture(session.moments, { columns: COLUMNS, title: scene.title, normalize })
      await expect(picture).toMatchFileSnapshot(join(ROOT, `docs/pictures/${name}.svg`))
      expect(lastFrameText(picture).length).toBeGreaterThan(2)
    })

    it.each(Object.keys(SCENES))('%s is shown in the README or the guide', (name) => {
      const page = name === 'day' ? 'docs/your-day.md' : 'README.md'
      expect(readFileSync(join(ROOT, page), 'utf8')).toContain(`pictures/${name}.svg)`)
    })
  },
)
