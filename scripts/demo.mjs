/**
 * `npm run demo`: shows awsmfa at work, without an AWS account. Runs the built tool in a temporary home folder against
 * the strict STS server, prints each command with its output, and fails if a result is not as expected. Writes only to
 * that folder and to the build.
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
/** The only variables that the tool inherits: they affect text, colors and time zone. */
const INHERITED = [
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
const dim = (text) => (styled ? `\u001b[2m${text}\u001b[22m` : text)
const print = (text = '') => process.stdout.write(`${text}\n`)
const explain = (text) => print(`\n${dim(`# ${text}`)}`)

function assert(condition, message) {
  if (!condition) throw new Error(message)
}

/** Runs a script of this project. Prints nothing unless it fails. */
function runScript(name) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, 'scripts', name)], { encoding: 'utf8' })
  assert(status === 0, `scripts/${name} failed:\n${stdout}${stderr}`)
}

/** A realistic credentials file: comments, irregular spacing, another profile, no newline at the end. */
const credentialsOf = ({ keyIdFor, secretFor }) =>
  `# keys of mine; the long-term ones never leave this file\n` +
  `[work-long-term]\naws_access_key_id     = ${keyIdFor(ACCOUNT, 1)}\naws_secret_access_key = ${secretFor(ALICE)}\nmfa_serial            = ${DEVICE}\n\n` +
  `[private]\n# not for work\naws_access_key_id=AKIAIOSFODNN7EXAMPLE\naws_secret_access_key=wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY`

/** Creates the home folder. Returns its path, the credentials file and the environment. */
function createHome(sts, strictSts) {
  const home = realpathSync(mkdtempSync(join(tmpdir(), 'awsmfa-demo-')))
  const credentials = join(home, '.aws', 'credentials')
  mkdirSync(join(home, '.aws'), { mode: 0o700 })
  writeFileSync(credentials, credentialsOf(strictSts), { mode: 0o600 })
  writeFileSync(
    join(home, '.aws', 'config'),
    '[profile work]\nregion = eu-west-1\nawsmfa_source_profile = work-long-term\n',
    { mode: 0o600 },
  )
  const inherited = Object.fromEntries(
    INHERITED.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])),
  )
  const environment = {
    ...inherited,
    HOME: home,
    USERPROFILE: home,
    LOCALAPPDATA: join(home, 'AppData', 'Local'),
    ...sts.environment(),
    ...(styled ? { FORCE_COLOR: '1', COLUMNS: String(process.stdout.columns) } : {}),
  }
  return { home, credentials, environment }
}

/**
 * Runs awsmfa and prints the command and its output. Returns the output without colors. Both streams go to one file, to
 * keep their order. Throws unless the exit code is `code` and the output matches `pattern`.
 */
function awsmfa({ home, environment }, argv, { code = 0, pattern }) {
  print(bold(`$ awsmfa ${argv.join(' ')}`))
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
  if (code !== 0) print(dim(`(exit code ${status})`))
  assert(error === undefined, `awsmfa ${argv[0]} could not be run: ${error?.message}`)
  assert(status === code, `awsmfa ${argv[0]} exited with ${status}, expected ${code}`)
  assert(pattern.test(stripVTControlCharacters(printed)), `the output of awsmfa ${argv[0]} does not match ${pattern}`)
  return stripVTControlCharacters(printed)
}

/** Truncates each line to 40 characters. */
const truncate = (text) => text.replace(/^(.{40}).+$/gm, '$1…')

/** Returns a code that is not valid now or shortly before or after. */
function wrongCode(sts) {
  const near = [-2, -1, 0, 1, 2].map((step) => sts.code(DEVICE, step))
  return ['123456', '234567', '345678', '456789', '567890', '678901'].find((code) => !near.includes(code))
}

/** Returns the ARN that the AWS SDK for JavaScript, which knows nothing about awsmfa, gets with a profile. */
function callerArnOfSdk(scene, profile) {
  const script = `const { STSClient, GetCallerIdentityCommand } = require('@aws-sdk/client-sts')
    new STSClient({ region: 'eu-west-1', profile: ${JSON.stringify(profile)} }).send(new GetCallerIdentityCommand({})).then(({ Arn }) => process.stdout.write(Arn))`
  const environment = { ...scene.environment, AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' }
  const { status, stdout, stderr } = spawnSync(process.execPath, ['-e', script], {
    env: environment,
    cwd: root,
    encoding: 'utf8',
    timeout: 30_000,
  })
  assert(status === 0, `the AWS SDK for JavaScript failed with profile '${profile}':\n${stderr}`)
  return stdout
}

function play(scene, sts) {
  const before = readFileSync(scene.credentials)
  const isUnchanged = () => before.equals(readFileSync(scene.credentials))

  explain('sign in with a code from the MFA device')
  awsmfa(scene, ['login', 'work', '--token-code', sts.code(DEVICE)], {
    pattern: /work: signed in as alice \(111111111111\) until .*12 h left/,
  })
  const signedIn = readFileSync(scene.credentials)
  assert(!isUnchanged(), 'login wrote nothing')
  explain('the session in ~/.aws/credentials (truncated)')
  print(truncate(signedIn.subarray(before.length).toString().trim()))

  explain('show the time remaining, for people and for programs')
  awsmfa(scene, ['status', 'work'], { pattern: /^work: valid, 1[12] h [^,]*left/ })
  const { state, arn } = JSON.parse(awsmfa(scene, ['status', 'work', '--json'], { pattern: /^\{.*\}\n$/ }))
  assert(state === 'valid' && arn === ALICE, 'status --json does not show the identity')

  explain('the identity that the AWS SDK for JavaScript gets with this profile; the SDK knows nothing about awsmfa')
  const seen = callerArnOfSdk(scene, 'work')
  print(seen)
  assert(seen === ALICE, `the AWS SDK for JavaScript is ${seen}, not ${ALICE}`)

  explain('a wrong code is rejected, and the session remains')
  awsmfa(scene, ['login', 'work', '--token-code', wrongCode(sts)], {
    code: 4,
    pattern: /error: token code not accepted/,
  })
  assert(signedIn.equals(readFileSync(scene.credentials)), 'the failed login changed the credentials file')

  explain('sign out')
  awsmfa(scene, ['logout', 'work'], { pattern: /work: signed out/ })
  assert(isUnchanged(), 'the credentials file is not the same as before the login')
  print(
    `\nThe credentials file is the same as before, byte for byte: ${before.length} bytes, with comments and spacing.`,
  )
}

/** Builds the tool, runs the demo and removes the home folder. Returns the exit code. */
async function run() {
  runScript('build.mjs')
  runScript('build-strict-sts.mjs')
  const strictSts = await import(new URL('../build/strict-sts-client.mjs', import.meta.url))
  const sts = await strictSts.startStrictSts(strictSts.aliceWorld())
  const scene = createHome(sts, strictSts)
  try {
    print('awsmfa in a temporary home folder, with a local STS server that verifies signatures,')
    print('keys and token codes like AWS. Your own files are not touched.')
    play(scene, sts)
    return 0
  } catch (error) {
    print(`\nThe demo failed: ${error.message}`)
    return 1
  } finally {
    rmSync(scene.home, { recursive: true, force: true })
    await sts.stop()
  }
}

process.exitCode = await run()
