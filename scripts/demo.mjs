/**
 * `npm run demo`: a newcomer's first look. Runs the built tool for real, in a scratch home folder, against an STS on this
 * machine that checks what AWS checks: signatures, keys, and token codes, each once. Shows every command with what it
 * printed, and fails when anything is not as it should be. Touches no file outside its scratch folder and the build.
 */
import { spawnSync } from 'node:child_process'
import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { stripVTControlCharacters } from 'node:util'

const root = fileURLToPath(new URL('..', import.meta.url))
const tool = join(root, 'dist', 'awsmfa.cjs')
const ACCOUNT = '111111111111'
const ALICE = `arn:aws:iam::${ACCOUNT}:user/alice`
const DEVICE = `arn:aws:iam::${ACCOUNT}:mfa/alice`
/** What decides how text looks and which time it is; nothing else of the person's environment reaches the tool. */
const PASSED_ON = [
  'LANG',
  'LC_ALL',
  'LC_CTYPE',
  'TZ',
  'TERM',
  'NO_COLOR',
  'WT_SESSION',
  'TERM_PROGRAM',
  'ConEmuTask',
  'SystemRoot',
  'TEMP',
  'TMP',
]

const styled = process.stdout.isTTY && !process.env.NO_COLOR && process.env.TERM !== 'dumb'
const bold = (text) => (styled ? `\u001b[1m${text}\u001b[22m` : text)
const faint = (text) => (styled ? `\u001b[2m${text}\u001b[22m` : text)
const say = (text = '') => process.stdout.write(`${text}\n`)
const explain = (text) => say(`\n${faint(`# ${text}`)}`)

/** Throws where something that has to be so is not. */
function demand(isSo, what) {
  if (!isSo) throw new Error(what)
}

/** Runs a script of this project, silent unless it fails. */
function runScript(name) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, 'scripts', name)], { encoding: 'utf8' })
  demand(status === 0, `scripts/${name} failed:\n${stdout}${stderr}`)
}

/** A credentials file as people have them: comments, odd spacing, another profile, a line end missing. */
const credentialsOf = ({ keyIdFor, secretFor }) =>
  `# keys of mine; the long-term ones never leave this file\n` +
  `[work-long-term]\naws_access_key_id     = ${keyIdFor(ACCOUNT, 1)}\naws_secret_access_key = ${secretFor(ALICE)}\nmfa_serial            = ${DEVICE}\n\n` +
  `[private]\n# not for work\naws_access_key_id=AKIAIOSFODNN7EXAMPLE\naws_secret_access_key=wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY`

/** Makes the scratch home and gives what the steps need of it. */
function furnish(sts, strictSts) {
  const home = realpathSync(mkdtempSync(join(tmpdir(), 'awsmfa-demo-')))
  const credentials = join(home, '.aws', 'credentials')
  mkdirSync(join(home, '.aws'), { mode: 0o700 })
  writeFileSync(credentials, credentialsOf(strictSts), { mode: 0o600 })
  writeFileSync(
    join(home, '.aws', 'config'),
    '[profile work]\nregion = eu-west-1\nawsmfa_source_profile = work-long-term\n',
    { mode: 0o600 },
  )
  const passedOn = Object.fromEntries(
    PASSED_ON.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])),
  )
  const environment = {
    ...passedOn,
    HOME: home,
    USERPROFILE: home,
    LOCALAPPDATA: join(home, 'AppData', 'Local'),
    ...sts.environment(),
    ...(styled ? { FORCE_COLOR: '1', COLUMNS: String(process.stdout.columns) } : {}),
  }
  return { home, credentials, environment }
}

/**
 * Shows `$ awsmfa …` and what it printed, and gives that text without colours. Both streams go to one file, so that their
 * order is the order in which they were written. Throws unless it ends with `code` and says `pattern`.
 */
function awsmfa({ home, environment }, argv, { code = 0, pattern }) {
  say(bold(`$ awsmfa ${argv.join(' ')}`))
  const record = join(home, 'printed')
  const descriptor = openSync(record, 'a')
  const { status, error } = spawnSync(process.execPath, [tool, ...argv], {
    env: environment,
    cwd: home,
    stdio: ['ignore', descriptor, descriptor],
    timeout: 30_000,
  })
  closeSync(descriptor)
  const printed = readFileSync(record, 'utf8')
  rmSync(record)
  process.stdout.write(printed)
  if (code !== 0) say(faint(`(exit code ${status})`))
  demand(error === undefined, `awsmfa ${argv[0]} did not run: ${error?.message}`)
  demand(status === code, `awsmfa ${argv[0]} ended with ${status}; it should end with ${code}`)
  demand(pattern.test(stripVTControlCharacters(printed)), `awsmfa ${argv[0]} did not say ${pattern}`)
  return stripVTControlCharacters(printed)
}

/** Each line up to 40 characters. */
const cutShort = (text) => text.replace(/^(.{40}).+$/gm, '$1…')

/** A code that none of the steps near now has. */
function wrongCode(sts) {
  const near = [-2, -1, 0, 1, 2].map((step) => sts.code(DEVICE, step))
  return ['123456', '234567', '345678', '456789', '567890', '678901'].find((code) => !near.includes(code))
}

/** Asks the AWS SDK for JavaScript who it is with a profile: a reader that knows nothing of awsmfa. Gives the ARN. */
function whoTheSdkIs(scene, profile) {
  const script = `const { STSClient, GetCallerIdentityCommand } = require('@aws-sdk/client-sts')
    new STSClient({ region: 'eu-west-1', profile: ${JSON.stringify(profile)} }).send(new GetCallerIdentityCommand({})).then(({ Arn }) => process.stdout.write(Arn))`
  const environment = { ...scene.environment, AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' }
  const { status, stdout, stderr } = spawnSync(process.execPath, ['-e', script], {
    env: environment,
    cwd: root,
    encoding: 'utf8',
    timeout: 30_000,
  })
  demand(status === 0, `the AWS SDK for JavaScript failed with profile '${profile}':\n${stderr}`)
  return stdout
}

function play(scene, sts) {
  const before = readFileSync(scene.credentials)
  const isAsBefore = () => before.equals(readFileSync(scene.credentials))

  explain('sign in with the code that the phone shows')
  awsmfa(scene, ['login', 'work', '--token-code', sts.code(DEVICE)], {
    pattern: /work: signed in as alice in 111111111111 until .*12 hours/,
  })
  const signedIn = readFileSync(scene.credentials)
  demand(!isAsBefore(), 'login wrote nothing')
  explain('what it wrote into ~/.aws/credentials, cut short here')
  say(cutShort(signedIn.subarray(before.length).toString().trim()))

  explain('what is left of it, for people and for programs')
  awsmfa(scene, ['status', 'work'], { pattern: /^work {2}valid {2}11 h 59 min left|^work {2}valid {2}12 h left/ })
  const { state, arn } = JSON.parse(awsmfa(scene, ['status', 'work', '--json'], { pattern: /^\{.*\}\n$/ }))
  demand(state === 'valid' && arn === ALICE, 'status --json does not say who is signed in')

  explain('who the AWS SDK for JavaScript is with this profile; it knows nothing of awsmfa')
  const seen = whoTheSdkIs(scene, 'work')
  say(seen)
  demand(seen === ALICE, `the AWS SDK for JavaScript is ${seen}, not ${ALICE}`)

  explain('a wrong code is refused, and the session that is there stays')
  awsmfa(scene, ['login', 'work', '--token-code', wrongCode(sts)], {
    code: 4,
    pattern: /error: the token code was not accepted/,
  })
  demand(signedIn.equals(readFileSync(scene.credentials)), 'the refused login changed the credentials file')

  explain('sign out')
  awsmfa(scene, ['logout', 'work'], { pattern: /work: signed out/ })
  demand(isAsBefore(), 'the credentials file is not what it was before login')
  say(
    `\nThe credentials file is byte for byte what it was before: ${before.length} bytes, comments and spacing included.`,
  )
}

/** Builds, starts the server, plays the steps and leaves nothing behind. Gives the exit code. */
async function run() {
  runScript('build.mjs')
  runScript('build-strict-sts.mjs')
  const strictSts = await import(new URL('../build/strict-sts-client.mjs', import.meta.url))
  const sts = await strictSts.startStrictSts(strictSts.aliceWorld())
  const scene = furnish(sts, strictSts)
  try {
    say('awsmfa at work in a scratch home folder, with an STS on this machine that checks')
    say('signatures, keys and token codes as AWS does. Your own files are not touched.')
    play(scene, sts)
    return 0
  } catch (error) {
    say(`\nThe demo failed: ${error.message}`)
    return 1
  } finally {
    rmSync(scene.home, { recursive: true, force: true })
    await sts.stop()
  }
}

process.exitCode = await run()
