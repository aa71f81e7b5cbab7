/**
 * `npm run test:interop`: runs the interop suite (test/interop/tools), which uses real tools after a login, and
 * compares the results with docs/compatibility.md, except versions. With `--write` it writes that page instead. Passes
 * other arguments to vitest.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const RESULTS = join(root, 'build/interop/results')
const PAGE = join(root, 'docs/compatibility.md')
const MOMENTS = ['minute 0', 'minute 50', 'hour 10']
/** The results that the page is written from. */
const PARTS = [...MOMENTS, 'aws-login', 'sam']

const ANSWERS = {
  quiet: ({ identity }) => identity,
  asks: () => '**asks**',
  refused: () => '**refused**',
  rejects: () => '**rejects**',
  fails: () => '**fails**',
}

const row = (...cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |\n`
const table = (head, rows) => row(...head) + row(...head.map(() => '---')) + rows.map((cells) => row(...cells)).join('')

/** Returns the table of the tools with the profiles of `aws login`. */
function loginTable(results, tools) {
  const { profiles, rows } = results.get('aws-login')
  const cellOf = (tool, profile) => {
    const found = rows.find((one) => one.tool === tool.name && one.profile === profile)
    return ANSWERS[found.answer](found)
  }
  return table(
    ['tool', ...profiles.map((profile) => `as \`${profile}\``)],
    tools.map((tool) => [tool.name, ...profiles.map((profile) => cellOf(tool, profile))]),
  )
}

/** Returns the table of the commands of SAM: a column for each layout. */
function samTable(results) {
  const { rows } = results.get('sam')
  const layouts = [...new Set(rows.map(({ layout }) => layout))]
  const answers = { quiet: 'does not ask', asks: '**asks**' }
  return table(
    ['command', ...layouts],
    [...new Set(rows.map(({ line }) => line))].map((line) => [
      `\`${line}\``,
      ...layouts.map((layout) => answers[rows.find((row) => row.line === line && row.layout === layout).answer]),
    ]),
  )
}

/** Reads the results that the tests wrote, by the name of the file. */
function readResults() {
  const names = existsSync(RESULTS) ? readdirSync(RESULTS).filter((name) => name.endsWith('.json')) : []
  return new Map(
    names.map((name) => [name.slice(0, -'.json'.length), JSON.parse(readFileSync(join(RESULTS, name), 'utf8'))]),
  )
}

/** Returns the table of a profile of a layout: a row for each tool, a column for each moment. */
function profileTable(results, tools, layout, profile) {
  const cellOf = (tool, moment) => {
    const found = results
      .get(moment)
      .rows.find((one) => one.tool === tool.name && one.layout === layout.name && one.profile === profile)
    if (found === undefined) throw new Error(`no result for ${tool.name} as ${profile}, ${layout.name}, ${moment}`)
    return ANSWERS[found.answer](found)
  }
  return table(
    [`as \`${profile}\``, ...MOMENTS],
    tools.map((tool) => [tool.name, ...MOMENTS.map((moment) => cellOf(tool, moment))]),
  )
}

/** Returns the whole page. */
function pageOf(results) {
  const { tools, layouts, notRun } = results.get(MOMENTS[0])
  const sections = layouts.map(
    (layout) =>
      `## ${layout.name[0].toUpperCase()}${layout.name.slice(1)}\n\n${layout.description}\n\n${layout.asked.map((profile) => profileTable(results, tools, layout, profile)).join('\n')}`,
  )
  return `# Compatibility

Which tools prompt for a code after a login, and which do not: right after it, after 50 minutes and after 10 hours.

\`npm run test:interop -- --write\` writes this page from what the tools did. Each tool runs without a terminal, with its
own home folder, against an STS that checks signatures, token codes and durations as AWS does.

The login is in the past: its clock and that of the STS were set back by nothing, 50 minutes or 10 hours. When the tools
run, all clocks are right. Each tool runs for the first time at that moment, so none uses a role session that it got
earlier.

A cell with an identity means that the tool worked without a prompt: it is the identity that STS saw. **asks**: the tool
prompts for a code, or fails because it cannot prompt. **refused**: the tool does not read \`mfa_serial\`, never prompts,
and STS rejected its request. **rejects**: the tool takes a profile that is its own source for a circle of profiles.

${sections.join('\n')}
## SAM by command

Each command as \`admin\`, at minute 0, with two of the layouts above. "Does not ask" means that its first request to AWS was
signed with the session of the role; what it does after that is not run here. SAM stores the session of a role in
\`~/.aws/boto/cache\`, which only half of its commands read.

${samTable(results)}
## Profiles of aws login

\`[profile dev]\` with \`login_session\` and a region, signed in: a valid entry in \`~/.aws/login/cache\`. \`[profile viadev]\` with
\`role_arn\`, \`source_profile = dev\` and a region, without \`mfa_serial\`. **fails**: the tool
has no credentials and does not prompt. \`aws login\` needs AWS CLI 2.32 or later; the version 2 that runs here is older.

${loginTable(results, tools)}
## The tools

${table(
  ['tool', 'version', 'what is run'],
  tools.map(({ name, version, how }) => [name, version, how]),
)}
## Not run

${notRun.map(({ what, why }) => `- ${what}: ${why}.\n`).join('')}`
}

const withoutVersions = (page) => page.replaceAll(/^(\| [^|]+ \| )v?\d+\.\d[^|]* \|/gm, '$1… |')

/**
 * Describes the first difference; unless `isWhole` (all tools were run), the first line that the page does not contain.
 */
function firstDifference(page, wanted, isWhole) {
  const [has, should] = [page, wanted].map((text) => withoutVersions(text).split('\n'))
  const index = should.findIndex((line, at) => (isWhole ? line !== has[at] : !has.includes(line)))
  if (index !== -1) return `docs/compatibility.md should have: ${should[index]}`
  return isWhole && has.length > should.length
    ? `docs/compatibility.md should not have: ${has[should.length]}`
    : undefined
}

function compare(isWriting) {
  const results = readResults()
  if (!PARTS.every((part) => results.has(part))) return 'docs/compatibility.md was not checked: not all tests were run'
  const isWhole = [...results.values()].every((result) => result.isWhole)
  const wanted = pageOf(results)
  if (isWriting && isWhole) {
    writeFileSync(PAGE, wanted)
    return 'docs/compatibility.md written'
  }
  if (isWriting)
    throw new Error('docs/compatibility.md was not written: tools are missing, run test/interop/tools/install.sh')
  const difference = firstDifference(existsSync(PAGE) ? readFileSync(PAGE, 'utf8') : '', wanted, isWhole)
  if (difference !== undefined)
    throw new Error(`${difference}\nTo see what changed: npm run test:interop -- --write, then git diff`)
  return `docs/compatibility.md matches the results of ${isWhole ? 'all' : 'the installed'} tools`
}

const args = process.argv.slice(2)
rmSync(RESULTS, { recursive: true, force: true })
const vitest = spawnSync(
  process.execPath,
  [
    join(root, 'node_modules/vitest/vitest.mjs'),
    'run',
    '--config',
    'test/interop/tools/vitest.config.ts',
    ...args.filter((arg) => arg !== '--write'),
  ],
  { cwd: root, stdio: 'inherit' },
)
process.exitCode = vitest.status ?? 1
try {
  if (vitest.status === 0) console.log(compare(args.includes('--write')))
} catch (error) {
  console.error(error.message)
  process.exitCode = 1
}
