/**
 * The pictures of the README and the guide: bash on a pseudo-terminal, the built tool, the strict STS.
 * `npm run docs:pictures` makes them anew; without it, they have to be what is seen now. Times, codes and what follows
 * from them are made the same.
 */
import { createHash } from 'node:crypto'
import { chmodSync, readFileSync } from 'node:fs'
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
    .replace(/(\d h) 5\d min/g, '$1 59 min')
    .replace(/(?<=(\d+) h 59 min +)\d\d:\d\d$/, (_, hours: string) => `${Number(hours) + 8}:40`)
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

/** Writes the files of a scene. In them, `{key}` and `{secret}` are alice's long-term credentials. */
async function openStage(files: Readonly<Record<string, string>>): Promise<Sandbox> {
  const sandbox = await openSandbox(aliceWorld())
  const [key = '', secret = ''] = await Promise.all([
    sandbox.world.variables['alice-key']?.(),
    sandbox.world.variables['alice-secret']?.(),
  ])
  for (const [path, text] of Object.entries(files))
    sandbox.home.write(path, text.replaceAll('{key}', key).replaceAll('{secret}', secret))
  return sandbox
}

/** The whole list with what was typed above it; its last bytes put the cursor back there. */
const listAfter = (typed: string): RegExp => new RegExp(`: ${typed}[^]*Esc to cancel[^]*\\r\u001B\\[\\d+C$`)
const PROMPT = /\(\w+[^)]*\) \$ $/

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

const KEY_LINES = 'aws_access_key_id = {key}\naws_secret_access_key = {secret}\n'
const WORK =
  '[profile work]\nregion = eu-west-1\nawsmfa_source_profile = work-long-term\nawsmfa_mfa_serial = arn:aws:iam::111111111111:mfa/alice\n'
const WORK_FILES = { '.aws/credentials': `[work-long-term]\n${KEY_LINES}`, '.aws/config': WORK }

/** A role profile, and its role: Admin for `admin` and `beta-admin`. */
function roleProfile(name: string, account: string, source = 'work'): string {
  const role = name.replace(/^.*-/, '').replace(/^./, (first) => first.toUpperCase())
  return `[profile ${name}]\nrole_arn = arn:aws:iam::${account}:role/${role}\nsource_profile = ${source}\nregion = eu-west-1\n`
}

const ROLES = ['admin', 'billing', 'deploy', 'logs']
  .map((name, index) => roleProfile(name, String(index + 2).repeat(12)))
  .join('')

/** Ten profiles in four accounts: `work` with its roles, one of single sign-on, `beta` with roles but no session. */
function filesOfAccounts(): Readonly<Record<string, string>> {
  const startUrl = 'https://example.awsapps.com/start'
  const expiresAt = new Date(Date.now() + 8 * 3_600_000 - 30_000).toISOString()
  const token = { startUrl, region: 'eu-west-1', accessToken: 'aoaEXAMPLE', expiresAt }
  return {
    '.aws/credentials': `[work-long-term]\n${KEY_LINES}[beta-long-term]\n${KEY_LINES}`,
    '.aws/config': [
      WORK,
      roleProfile('admin', '222222222222'),
      roleProfile('billing', '222222222222'),
      roleProfile('deploy', '333333333333'),
      roleProfile('logs', '333333333333'),
      roleProfile('terraform', '333333333333'),
      `[sso-session corp]\nsso_start_url = ${startUrl}\nsso_region = eu-west-1\n`,
      '[profile sandbox]\nsso_session = corp\nsso_account_id = 222222222222\nsso_role_name = Developer\n',
      '[profile beta]\nregion = eu-west-1\nawsmfa_mfa_serial = arn:aws:iam::444444444444:mfa/alice\n',
      roleProfile('beta-admin', '444444444444', 'beta'),
      roleProfile('beta-logs', '444444444444', 'beta'),
    ].join(''),
    [`.aws/sso/cache/${createHash('sha1').update('corp').digest('hex')}.json`]: JSON.stringify(token),
  }
}

interface Scene {
  readonly title: string
  /** The page that shows it. */
  readonly page: string
  readonly files: () => Readonly<Record<string, string>>
  readonly play: (session: Session) => Promise<void>
}

const SCENES: Readonly<Record<string, Scene>> = {
  login: {
    title: 'awsmfa login prompts for a code; then the shell prompt and awsmfa status show the time remaining',
    page: 'README.md',
    files: () => WORK_FILES,
    play: async (session) => {
      await signIn(session)
      await session.type('awsmfa status')
      await session.enter(PROMPT, 3)
    },
  },
  day: {
    title: 'awsmfa-use lists the profiles; typing filters the list, and Enter selects one',
    page: 'docs/your-day.md',
    files: () => ({ ...WORK_FILES, '.aws/config': WORK + ROLES }),
    play: async (session) => {
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
    page: 'README.md',
    files: () => ({ ...WORK_FILES, 'infra/main.tf': '' }),
    play: async (session) => {
      await signIn(session)
      session.moments.length = 0
      letTimePass(session.sandbox)
      await session.type('cd infra')
      await session.enter(PROMPT, 3)
    },
  },
  accounts: {
    title: 'awsmfa status --all lists the profiles of four accounts, each role below the session that it uses',
    page: 'docs/profiles.md',
    files: filesOfAccounts,
    play: async (session) => {
      await signIn(session)
      await session.type('awsmfa status --all')
      await session.enter(PROMPT, 3)
    },
  },
  setup: {
    title: 'awsmfa setup shows each change, asks before it makes them, and signs in',
    page: 'docs/getting-started.md',
    files: () => ({
      '.aws/credentials': `[work]\n${KEY_LINES}`,
      '.aws/config':
        '[profile work]\nregion = eu-west-1\n\n[profile admin]\nrole_arn = arn:aws:iam::222222222222:role/Admin\nsource_profile = work\nmfa_serial = arn:aws:iam::111111111111:mfa/alice\nduration_seconds = 43200\n',
    }),
    play: async ({ sandbox, type, enter }) => {
      await type('awsmfa setup work')
      await enter(/\[y\/N\] $/, 3)
      await type('y')
      await enter(/\[Y\/n\] $/, 2)
      await type('y')
      await enter(/MFA code .*: $/, 1)
      await type((await sandbox.world.variables['code']?.()) ?? '')
      await enter(PROMPT, 3)
    },
  },
  doctor: {
    title: 'awsmfa doctor reports each problem by line; awsmfa doctor --fix fixes what is safe to fix',
    page: 'docs/doctor.md',
    files: () => ({
      ...WORK_FILES,
      '.aws/config':
        WORK +
        '\n[profile late]\nregion = eu-west-1 # Ireland\nrole_arn = arn:aws:iam::222222222222:role/Admin\nsource_profile = wrok\n',
    }),
    play: async ({ sandbox, type, enter }) => {
      chmodSync(join(sandbox.home.path, '.aws/credentials'), 0o644)
      await type('awsmfa doctor')
      await enter(PROMPT, 3)
      await type('awsmfa doctor --fix')
      await enter(/\[y\/N\] $/, 3)
      await type('y')
      await enter(PROMPT, 3)
    },
  },
}

describe.skipIf(process.platform === 'win32' || !needsProgram('python3') || !needsProgram('bash'))(
  'the pictures of the README and the guide',
  () => {
    it.each(Object.keys(SCENES))('%s is what a person sees', async (name) => {
      const scene = SCENES[name]
      if (scene === undefined) throw new Error('there is no such scene')
      const sandbox = await openStage(scene.files())
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
      const page = readFileSync(join(ROOT, SCENES[name]?.page ?? ''), 'utf8')
      expect(page).toContain(`pictures/${name}.svg)`)
    })
  },
)
