/**
 * `npm run docs`: generates the tables in the pages of docs/ and the man page docs/awsmfa.1 from the tables in the
 * source: commands, settings, exit codes, STS flags, findings. A table is between `<!-- generated: NAME -->` and
 * `<!-- end of NAME -->`. With `--check` it writes nothing and exits with 1 if a file is not up to date.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { rolldown } from 'rolldown'
import { DOCTOR_TABLES } from './doctor-tables.mjs'
import { manPage } from './man-page.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))

/** Bundles and imports the tables, which are TypeScript. */
async function loadTables() {
  const folder = mkdtempSync(join(tmpdir(), 'awsmfa-docs-'))
  const entry = join(folder, 'tables.ts')
  const target = join(folder, 'tables.mjs')
  const reexports = {
    'command-line/table': ['COMMAND_TABLE', 'GLOBAL_OPTIONS'],
    'command-line/spec': ['HELP_TOPICS'],
    'cli/supervise': ['exitCodeRows'],
    'cli/help': ['plainText', 'securityText', 'VARIABLE_TABLE'],
    'doctor/credential-order': ['CREDENTIAL_ORDER', 'TOOL_EXCEPTIONS'],
    'doctor/finding': ['FINDING_TABLE'],
    'doctor/tools': ['ENGINES', 'PARSER_BEHAVIOR', 'TOOLS'],
    'login/setting-table': ['SETTING_TABLE'],
    'aws/sts-api': ['OWN_GLOBALS', 'REFUSED_GLOBALS', 'REFUSED_OPERATION_FLAGS', 'STS_FLAGS'],
  }
  writeFileSync(
    entry,
    Object.entries(reexports)
      .map(
        ([file, names]) => `export { ${names.join(', ')} } from ${JSON.stringify(join(root, 'src', `${file}.ts`))}\n`,
      )
      .join(''),
  )
  try {
    const build = await rolldown({ input: entry, platform: 'node', logLevel: 'warn' })
    const { output } = await build.generate({ format: 'es', codeSplitting: false })
    await build.close()
    writeFileSync(target, output[0].code)
    return await import(pathToFileURL(target).href)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const code = (text) => `\`${text}\``
const codes = (texts) => texts.map(code).join(', ')
const cell = (text) => text.replaceAll('|', '\\|').replaceAll(/<(?!br>)/g, '&lt;')
const row = (...cells) => `| ${cells.map(cell).join(' | ')} |\n`
const table = (head, rows) => row(...head) + row(...head.map(() => '---')) + rows.map((cells) => row(...cells)).join('')

const spelling = (option) => {
  const long = option.kind === 'value' ? `--${option.name} ${option.placeholder}` : `--${option.name}`
  return option.short === undefined ? code(long) : `${code(`-${option.short}`)}, ${code(long)}`
}

function commandText(name, { summary, actions = {}, positional, tail, options, examples }) {
  const words =
    positional === undefined ? undefined : `${positional.name.toUpperCase()}${positional.maximum > 1 ? '...' : ''}`
  const after = tail === undefined ? '' : ` [-- ${tail.placeholder}]`
  const action = Object.keys(actions).join('|')
  const synopsis = `awsmfa ${name}${action === '' ? '' : ` ${action}`}${words === undefined ? '' : ` [${words}]`} [options]${after}`
  const rows = [
    ...Object.entries(actions).map(([word, { summary: does }]) => [code(word), does]),
    ...(words === undefined ? [] : [[code(words), positional.description]]),
    ...options.map((option) => [spelling(option), option.description]),
  ]
  if (tail !== undefined) rows.push([code(`-- ${tail.placeholder}`), tail.description])
  const shown = examples.map(({ line, description }) => `- ${code(line)}: ${description}\n`).join('')
  return `## ${code(synopsis)}\n\n${summary}.\n\n${table(['', ''], rows)}\n${shown}`
}

function commands({ COMMAND_TABLE, GLOBAL_OPTIONS }) {
  const texts = Object.entries(COMMAND_TABLE).map(([name, spec]) => commandText(name, spec))
  return [
    ...texts,
    `## With or without a command\n\n${table(
      ['', ''],
      GLOBAL_OPTIONS.map((option) => [spelling(option), option.description]),
    )}`,
  ].join('\n')
}

/** Returns the sources of a setting, in order of precedence. */
function placesOf({ flags, stsFlags, variables, profileKeys, profiles, settingsKey, fallback }) {
  return [
    ...(stsFlags.length === 0 ? [] : [`after \`--\`: ${codes(stsFlags)}`]),
    ...(flags.length === 0 ? [] : [codes(flags.map((flag) => `--${flag}`))]),
    ...(variables.length === 0 ? [] : [codes(variables)]),
    ...(profileKeys.length === 0
      ? []
      : [`${codes(profileKeys)} (${profiles === 'chain' ? 'profile chain' : 'this profile'})`]),
    ...(settingsKey === undefined ? [] : [`${code(settingsKey)} in the settings file`]),
    ...(fallback === undefined ? [] : [`default: ${fallback}`]),
  ].join('<br>')
}

function settings({ SETTING_TABLE }) {
  return table(
    ['setting', 'set in, by precedence'],
    SETTING_TABLE.map((setting) => [`**${setting.name}**: ${setting.description}`, placesOf(setting)]),
  )
}

function variables({ VARIABLE_TABLE }) {
  return table(
    ['variable', 'key of a profile', 'meaning'],
    VARIABLE_TABLE.map(({ variables: names, profileKey, description }) => [
      codes(names),
      profileKey === undefined ? '' : code(profileKey),
      description,
    ]),
  )
}

function exitCodes({ exitCodeRows }) {
  return table(
    ['code', 'meaning'],
    exitCodeRows().map(({ exitCode, meaning }) => [String(exitCode), meaning]),
  )
}

const SHAPES = {
  text: () => 'a string',
  integer: () => 'an integer',
  texts: () => 'one or more strings',
  structures: ({ members }) => `one or more of \`${members.map((member) => `${member}=…`).join(',')}\`, or JSON`,
}

function stsFlags({ STS_FLAGS, OWN_GLOBALS, REFUSED_GLOBALS, REFUSED_OPERATION_FLAGS }) {
  const rows = STS_FLAGS.map(({ flag, operations, shape }) => [
    code(flag),
    operations.length > 1 ? 'both' : operations.join(''),
    SHAPES[shape.kind](shape),
  ])
  const refused = [...REFUSED_GLOBALS, ...REFUSED_OPERATION_FLAGS].map(({ flag }) => flag)
  const own = codes(OWN_GLOBALS)
  return `${table(['option', 'operation', 'value'], rows)}
These global options of the AWS CLI have the meaning that they have for awsmfa: ${own}.

These are rejected, each with a reason: ${codes(refused)}.
`
}

/** The generated tables of each page. */
const PAGES = {
  'docs/commands.md': { commands },
  'docs/settings.md': { settings, variables },
  'docs/scripts.md': { 'exit codes': exitCodes },
  'docs/profiles.md': { 'flags of STS': stsFlags },
  'docs/doctor.md': DOCTOR_TABLES,
}

/** Replaces every table in a text. Throws if a marker is missing, duplicate or unknown. */
function fill(path, text, generators) {
  const names = [...text.matchAll(/<!-- generated: (.+?) -->/g)].map(([, name]) => name)
  if (names.toSorted().join() !== Object.keys(generators).toSorted().join())
    throw new Error(
      `${path} has markers for: ${names.join(', ')}; there should be one for each of: ${Object.keys(generators).join(', ')}`,
    )
  return names.reduce((filled, name) => {
    const [begin, end] = [`<!-- generated: ${name} -->`, `<!-- end of ${name} -->`]
    const from = filled.indexOf(begin) + begin.length
    const to = filled.indexOf(end)
    if (to < from) throw new Error(`${path} has no ${end} after ${begin}`)
    return `${filled.slice(0, from)}\n\n${generators[name](tables)}\n${filled.slice(to)}`
  }, text)
}

/** Describes the first line in which two texts differ. */
function firstDifference(path, found, wanted) {
  const [left, right] = [found.split('\n'), wanted.split('\n')]
  const index = right.findIndex((line, at) => line !== left[at])
  const at = index === -1 ? right.length : index
  return `${path}, line ${at + 1}:\n  has:    ${left[at] ?? '(nothing)'}\n  should: ${right[at] ?? '(nothing)'}`
}

const MAN_PAGE = 'docs/awsmfa.1'
/** The date on the man page: that of the release. */
const MAN_DATE = 'November 21, 2026'

const tables = await loadTables()
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
const read = (path) => (existsSync(join(root, path)) ? readFileSync(join(root, path), 'utf8') : '')
const texts = [
  ...Object.entries(PAGES).map(([path, generators]) => ({ path, wanted: fill(path, read(path), generators) })),
  { path: MAN_PAGE, wanted: manPage(tables, { date: MAN_DATE, version }) },
]
for (const { path, wanted } of texts.filter((text) => read(text.path) !== text.wanted)) {
  if (!process.argv.includes('--check')) {
    writeFileSync(join(root, path), wanted)
    continue
  }
  console.error(`${firstDifference(path, read(path), wanted)}\nTo fix it: npm run docs`)
  process.exitCode = 1
}
